// docker-compose.yml as data: what `npm run stack:full` starts by hand, and what tests hold it to.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

// This folder stands one below the root.
const ROOT = path.join(__dirname, '..');
export const COMPOSE_FILE = path.join(ROOT, 'docker-compose.yml');

const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  environment: z.record(z.string(), z.coerce.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  command: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string().default('no'),
  stop_grace_period: z.string().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  deploy: z.object({ replicas: z.int() }).optional(),
});
export type ComposeService = z.infer<typeof Service>;

const ComposeFile = z.object({ services: z.record(z.string(), Service) });

/** The services, with `${NAME:-default}` replaced as Compose does it. */
export function readComposeFile(variables: Record<string, string> = {}): Record<string, ComposeService> {
  const text = readFileSync(COMPOSE_FILE, 'utf8').replaceAll(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, byDefault: string) => variables[name] ?? byDefault,
  );
  return ComposeFile.parse(parse(text, { merge: true })).services;
}

/** A file of the repository that a service has mounted, by its place inside the container. */
export function mountedFile(service: ComposeService, inside: string): string {
  const volume = service.volumes.find((text) => text.split(':')[1] === inside);
  if (volume === undefined) throw new Error(`docker-compose.yml mounts nothing at ${inside}.`);
  return path.join(ROOT, volume.split(':')[0]!);
}
