-- AlterTable
ALTER TABLE "coupon_redemptions" ADD COLUMN     "reserved" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "order_discounts" ADD COLUMN     "returned_cents" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "order_lines" ADD COLUMN     "user_coupon_id" UUID;

-- AlterTable
ALTER TABLE "orders" ADD COLUMN     "request_digest" TEXT;

-- AlterTable
ALTER TABLE "user_coupon_transitions" ADD COLUMN     "position" BIGSERIAL NOT NULL;

-- AlterTable
ALTER TABLE "user_coupons" ADD COLUMN     "reservation_id" UUID,
ADD COLUMN     "reserved_cents" INTEGER;

-- CreateTable
CREATE TABLE "reservations" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "request" JSONB NOT NULL,
    "request_digest" TEXT NOT NULL,
    "answer" JSONB NOT NULL,
    "order_id" UUID,
    "expires_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "status_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "reservations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "campaign_spending" (
    "id" SERIAL NOT NULL,
    "simulation_id" TEXT,
    "campaign_id" INTEGER NOT NULL,
    "redeemed_cents" INTEGER NOT NULL,
    "reserved_cents" INTEGER NOT NULL,

    CONSTRAINT "campaign_spending_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_cancellations" (
    "order_id" UUID NOT NULL,
    "sequence" SMALLINT NOT NULL,
    "idempotency_key" TEXT,
    "request_digest" TEXT NOT NULL,
    "subtotal_cents" INTEGER NOT NULL,
    "discount_cents" INTEGER NOT NULL,
    "shipping_cents" INTEGER NOT NULL,
    "total_cents" INTEGER NOT NULL,
    "unit_cost_cents" INTEGER NOT NULL,
    "vendor_funded_cents" INTEGER NOT NULL,
    "redemption_fee_cents" INTEGER NOT NULL,
    "answer" JSONB NOT NULL,
    "simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "order_cancellations_pkey" PRIMARY KEY ("order_id","sequence")
);

-- CreateTable
CREATE TABLE "order_cancellation_lines" (
    "order_id" UUID NOT NULL,
    "sequence" SMALLINT NOT NULL,
    "line_number" SMALLINT NOT NULL,
    "quantity" SMALLINT NOT NULL,

    CONSTRAINT "order_cancellation_lines_pkey" PRIMARY KEY ("order_id","sequence","line_number")
);

-- CreateIndex
CREATE INDEX "reservations_user_id_idx" ON "reservations"("user_id");

-- CreateIndex
CREATE INDEX "reservations_order_id_idx" ON "reservations"("order_id");

-- CreateIndex
CREATE INDEX "reservations_status_expires_simulated_at_idx" ON "reservations"("status", "expires_simulated_at");

-- CreateIndex
CREATE UNIQUE INDEX "reservations_simulation_id_idempotency_key_key" ON "reservations"("simulation_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "campaign_spending_campaign_id_idx" ON "campaign_spending"("campaign_id");

-- CreateIndex
CREATE UNIQUE INDEX "campaign_spending_simulation_id_campaign_id_key" ON "campaign_spending"("simulation_id", "campaign_id");

-- CreateIndex
CREATE UNIQUE INDEX "order_cancellations_order_id_idempotency_key_key" ON "order_cancellations"("order_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "coupon_redemptions_coupon_id_idx" ON "coupon_redemptions"("coupon_id");

-- CreateIndex
CREATE INDEX "user_coupons_reservation_id_idx" ON "user_coupons"("reservation_id");

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_reservation_id_fkey" FOREIGN KEY ("reservation_id") REFERENCES "reservations"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "reservations" ADD CONSTRAINT "reservations_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_spending" ADD CONSTRAINT "campaign_spending_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaign_spending" ADD CONSTRAINT "campaign_spending_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaigns"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_cancellations" ADD CONSTRAINT "order_cancellations_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_cancellation_lines" ADD CONSTRAINT "order_cancellation_lines_order_id_sequence_fkey" FOREIGN KEY ("order_id", "sequence") REFERENCES "order_cancellations"("order_id", "sequence") ON DELETE CASCADE ON UPDATE CASCADE;
-- =========================================================================================================
-- Written by hand.
-- =========================================================================================================

DROP INDEX "reservations_simulation_id_idempotency_key_key";
CREATE UNIQUE INDEX "reservations_simulation_id_idempotency_key_key" ON "reservations"("simulation_id", "idempotency_key") NULLS NOT DISTINCT;
DROP INDEX "campaign_spending_simulation_id_campaign_id_key";
CREATE UNIQUE INDEX "campaign_spending_simulation_id_campaign_id_key" ON "campaign_spending"("simulation_id", "campaign_id") NULLS NOT DISTINCT;

-- Values -----------------------------------------------------------------------------------------------------

ALTER TABLE "reservations"
  ADD CONSTRAINT "reservations_status_check" CHECK ("status" IN ('held', 'redeemed', 'released', 'expired')),
  ADD CONSTRAINT "reservations_order_check" CHECK ("order_id" IS NULL OR "status" = 'redeemed'),
  ADD CONSTRAINT "reservations_version_check" CHECK ("version" >= 1);
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_reservation_check" CHECK (
  ("reservation_id" IS NULL) = ("reserved_cents" IS NULL)
  AND ("reservation_id" IS NULL OR ("status" = 'reserved' AND "reserved_cents" > 0)));
ALTER TABLE "coupon_redemptions" ADD CONSTRAINT "coupon_redemptions_reserved_check" CHECK ("reserved" >= 0);
ALTER TABLE "campaign_spending" ADD CONSTRAINT "campaign_spending_cents_check" CHECK (least("redeemed_cents", "reserved_cents") >= 0);
ALTER TABLE "order_discounts" ADD CONSTRAINT "order_discounts_returned_check" CHECK ("returned_cents" BETWEEN 0 AND "amount_cents");
ALTER TABLE "order_cancellations" ADD CONSTRAINT "order_cancellations_values_check" CHECK (
  "sequence" >= 1 AND "total_cents" = "subtotal_cents" + "shipping_cents" - "discount_cents"
  AND least("total_cents", "subtotal_cents", "shipping_cents", "discount_cents", "unit_cost_cents", "vendor_funded_cents", "redemption_fee_cents") >= 0);
ALTER TABLE "order_cancellation_lines" ADD CONSTRAINT "order_cancellation_lines_quantity_check" CHECK ("quantity" > 0);

-- Nothing is paid back twice.
CREATE FUNCTION "check_refunds"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(c."total_cents") FROM "order_cancellations" c WHERE c."order_id" = NEW."order_id")
     > (SELECT o."total_cents" FROM "orders" o WHERE o."id" = NEW."order_id") THEN
    RAISE EXCEPTION 'order % would pay back more than it took', NEW."order_id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "order_cancellations_refunds" AFTER INSERT ON "order_cancellations"
  FOR EACH ROW EXECUTE FUNCTION "check_refunds"();

CREATE FUNCTION "check_cancelled_units"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(c."quantity") FROM "order_cancellation_lines" c WHERE c."order_id" = NEW."order_id" AND c."line_number" = NEW."line_number")
     > coalesce((SELECT l."quantity" FROM "order_lines" l WHERE l."order_id" = NEW."order_id" AND l."line_number" = NEW."line_number"), 0) THEN
    RAISE EXCEPTION 'line % of order % has fewer units', NEW."line_number", NEW."order_id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "order_cancellation_lines_units" AFTER INSERT ON "order_cancellation_lines"
  FOR EACH ROW EXECUTE FUNCTION "check_cancelled_units"();

-- A redemption stands while something of its discount does ----------------------------------------------------

CREATE OR REPLACE FUNCTION "check_single_redemption"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM "order_discounts" d JOIN "orders" o ON o."id" = d."order_id"
    WHERE d."user_coupon_id" = NEW."user_coupon_id" AND d."order_id" <> NEW."order_id" AND o."status" = 'completed'
      AND d."returned_cents" < d."amount_cents"
  ) THEN
    RAISE EXCEPTION 'user coupon % is already redeemed', NEW."user_coupon_id" USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION "check_coupon_transition"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."status" = OLD."status" THEN
    RETURN NEW;
  END IF;
  IF NOT (
    (OLD."status" = 'active' AND NEW."status" IN ('reserved', 'redeemed', 'expired', 'removed'))
    OR (OLD."status" = 'reserved' AND NEW."status" IN ('active', 'redeemed', 'expired', 'removed'))
    OR (OLD."status" = 'redeemed' AND NEW."status" IN ('active', 'expired')
        AND EXISTS (
          SELECT 1 FROM "orders" o LEFT JOIN "order_discounts" d ON d."order_id" = o."id" AND d."user_coupon_id" = OLD."id"
          WHERE o."id" = OLD."order_id" AND (o."status" = 'cancelled' OR d."returned_cents" = d."amount_cents")))
  ) THEN
    RAISE EXCEPTION 'user coupon % cannot go from % to %', OLD."id", OLD."status", NEW."status" USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."status_simulated_at" < OLD."status_simulated_at" THEN
    RAISE EXCEPTION 'user coupon % cannot change in its own past', OLD."id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- Of a cancelled order nothing stands.
CREATE FUNCTION "return_discounts"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "order_discounts" SET "returned_cents" = "amount_cents" WHERE "order_id" = NEW."id" AND "returned_cents" < "amount_cents";
  RETURN NULL;
END $$;
CREATE TRIGGER "orders_cancelled" AFTER UPDATE OF "status" ON "orders"
  FOR EACH ROW WHEN (NEW."status" = 'cancelled' AND OLD."status" <> 'cancelled') EXECUTE FUNCTION "return_discounts"();
UPDATE "order_discounts" d SET "returned_cents" = d."amount_cents" FROM "orders" o WHERE o."id" = d."order_id" AND o."status" = 'cancelled';

-- Limits and budgets -----------------------------------------------------------------------------------------
-- Redeemed and reserved uses count alike. Each count is a row that is locked until its change is committed, so nobody
-- gets past a limit, and those who change several take coupons by id first, then campaigns by id: two who wait never
-- wait for each other. A count begins with what there is, so a limit or a budget may be set on what is in use.

-- Moves the count of a coupon with a limit; without a change it is locked and read.
CREATE FUNCTION "count_coupon_use"("place" text, "coupon" integer, "redeemed_more" integer, "reserved_more" integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  "used" integer;
BEGIN
  IF "redeemed_more" = 0 AND "reserved_more" = 0 THEN
    SELECT r."redeemed" + r."reserved" INTO "used" FROM "coupon_redemptions" r
    WHERE r."coupon_id" = "coupon" AND r."simulation_id" IS NOT DISTINCT FROM "place" FOR NO KEY UPDATE;
  ELSE
    UPDATE "coupon_redemptions" r SET "redeemed" = r."redeemed" + "redeemed_more", "reserved" = r."reserved" + "reserved_more"
    WHERE r."coupon_id" = "coupon" AND r."simulation_id" IS NOT DISTINCT FROM "place"
    RETURNING r."redeemed" + r."reserved" INTO "used";
  END IF;
  IF FOUND THEN
    RETURN "used";
  END IF;
  INSERT INTO "coupon_redemptions" AS r ("simulation_id", "coupon_id", "redeemed", "reserved")
  SELECT "place", "coupon", count(*) FILTER (WHERE u."status" = 'redeemed'), count(*) FILTER (WHERE u."status" = 'reserved')
  FROM "user_coupons" u WHERE u."coupon_id" = "coupon" AND u."simulation_id" IS NOT DISTINCT FROM "place"
  -- Somebody else was quicker: then the row has all but this change.
  ON CONFLICT ("simulation_id", "coupon_id") DO UPDATE SET "redeemed" = r."redeemed" + "redeemed_more", "reserved" = r."reserved" + "reserved_more"
  RETURNING r."redeemed" + r."reserved" INTO "used";
  RETURN "used";
END $$;

-- The same for a campaign with a budget, in cents.
CREATE FUNCTION "count_campaign_cents"("place" text, "campaign" integer, "redeemed_more" integer, "reserved_more" integer)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  "spent" integer;
BEGIN
  IF "redeemed_more" = 0 AND "reserved_more" = 0 THEN
    SELECT s."redeemed_cents" + s."reserved_cents" INTO "spent" FROM "campaign_spending" s
    WHERE s."campaign_id" = "campaign" AND s."simulation_id" IS NOT DISTINCT FROM "place" FOR NO KEY UPDATE;
  ELSE
    UPDATE "campaign_spending" s
    SET "redeemed_cents" = s."redeemed_cents" + "redeemed_more", "reserved_cents" = s."reserved_cents" + "reserved_more"
    WHERE s."campaign_id" = "campaign" AND s."simulation_id" IS NOT DISTINCT FROM "place"
    RETURNING s."redeemed_cents" + s."reserved_cents" INTO "spent";
  END IF;
  IF FOUND THEN
    RETURN "spent";
  END IF;
  INSERT INTO "campaign_spending" AS s ("simulation_id", "campaign_id", "redeemed_cents", "reserved_cents")
  SELECT "place", "campaign",
    (SELECT coalesce(sum(d."amount_cents" - d."returned_cents"), 0)
     FROM "coupons" c JOIN "user_coupons" u ON u."coupon_id" = c."id" AND u."simulation_id" IS NOT DISTINCT FROM "place"
     JOIN "order_discounts" d ON d."user_coupon_id" = u."id" JOIN "orders" o ON o."id" = d."order_id" AND o."status" = 'completed'
     WHERE c."campaign_id" = "campaign"),
    (SELECT coalesce(sum(u."reserved_cents"), 0)
     FROM "coupons" c JOIN "user_coupons" u ON u."coupon_id" = c."id" AND u."simulation_id" IS NOT DISTINCT FROM "place"
     WHERE c."campaign_id" = "campaign")
  ON CONFLICT ("simulation_id", "campaign_id") DO UPDATE
    SET "redeemed_cents" = s."redeemed_cents" + "redeemed_more", "reserved_cents" = s."reserved_cents" + "reserved_more"
  RETURNING s."redeemed_cents" + s."reserved_cents" INTO "spent";
  RETURN "spent";
END $$;

CREATE FUNCTION "count_coupon_uses"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT n."simulation_id", n."coupon_id", c."redemption_limit", c."code",
           sum((n."status" = 'redeemed')::int - (o."status" = 'redeemed')::int)::int AS "redeemed",
           sum((n."status" = 'reserved')::int - (o."status" = 'reserved')::int)::int AS "reserved"
    FROM new_rows n JOIN old_rows o ON o."id" = n."id" JOIN "coupons" c ON c."id" = n."coupon_id"
    WHERE c."redemption_limit" IS NOT NULL AND n."status" <> o."status"
      AND (n."status" IN ('reserved', 'redeemed') OR o."status" IN ('reserved', 'redeemed'))
    GROUP BY n."simulation_id", n."coupon_id", c."redemption_limit", c."code"
    ORDER BY n."coupon_id"
  LOOP
    -- What was reserved is redeemed whatever the limit is by then.
    IF count_coupon_use(change."simulation_id", change."coupon_id", change."redeemed", change."reserved") > change."redemption_limit"
       AND change."redeemed" + change."reserved" > 0 THEN
      RAISE EXCEPTION 'coupon % may be redeemed % times', change."code", change."redemption_limit" USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  FOR change IN
    SELECT n."simulation_id", p."id", p."code", p."budget_cents",
           sum(coalesce(n."reserved_cents", 0) - coalesce(o."reserved_cents", 0))::int AS "reserved"
    FROM new_rows n JOIN old_rows o ON o."id" = n."id" JOIN "coupons" c ON c."id" = n."coupon_id" JOIN "campaigns" p ON p."id" = c."campaign_id"
    WHERE p."budget_cents" IS NOT NULL AND n."reserved_cents" IS DISTINCT FROM o."reserved_cents"
    GROUP BY n."simulation_id", p."id", p."code", p."budget_cents"
    HAVING sum(coalesce(n."reserved_cents", 0) - coalesce(o."reserved_cents", 0)) <> 0
    ORDER BY p."id"
  LOOP
    IF count_campaign_cents(change."simulation_id", change."id", 0, change."reserved") > change."budget_cents" AND change."reserved" > 0 THEN
      RAISE EXCEPTION 'campaign % has a budget of % cents', change."code", change."budget_cents" USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- Before the ledger, which then has the uses of a limited coupon in the order in which they were let through.
DROP TRIGGER "user_coupons_limit" ON "user_coupons";
DROP FUNCTION "count_limited_redemptions"();
CREATE TRIGGER "user_coupons_count" AFTER UPDATE ON "user_coupons" REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "count_coupon_uses"();

-- A discount is granted before its coupon is redeemed: what is still reserved for it is covered. A simulated shopper's
-- order, which has a session, is counted and not refused: budgets are settled between simulated days.
CREATE FUNCTION "count_discounts"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT o."simulation_id", p."id", p."code", p."budget_cents", sum(n."amount_cents" - n."returned_cents")::int AS "redeemed",
           sum(coalesce(u."reserved_cents", 0))::int AS "covered", bool_or(o."session_id" IS NULL) AS "is_enforced"
    FROM new_rows n JOIN "orders" o ON o."id" = n."order_id" AND o."status" = 'completed' JOIN "user_coupons" u ON u."id" = n."user_coupon_id"
    JOIN "coupons" c ON c."id" = u."coupon_id" JOIN "campaigns" p ON p."id" = c."campaign_id"
    WHERE p."budget_cents" IS NOT NULL
    GROUP BY o."simulation_id", p."id", p."code", p."budget_cents"
    ORDER BY p."id"
  LOOP
    IF count_campaign_cents(change."simulation_id", change."id", change."redeemed", 0) - change."covered" > change."budget_cents"
       AND change."redeemed" > change."covered" AND change."is_enforced" THEN
      RAISE EXCEPTION 'campaign % has a budget of % cents', change."code", change."budget_cents" USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER "order_discounts_count_insert" AFTER INSERT ON "order_discounts" REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "count_discounts"();

CREATE FUNCTION "count_returned_discounts"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change record;
BEGIN
  FOR change IN
    SELECT o."simulation_id", p."id", sum(n."returned_cents" - before."returned_cents")::int AS "returned"
    FROM new_rows n JOIN old_rows before ON before."order_id" = n."order_id" AND before."user_coupon_id" = n."user_coupon_id"
    JOIN "orders" o ON o."id" = n."order_id" JOIN "user_coupons" u ON u."id" = n."user_coupon_id"
    JOIN "coupons" c ON c."id" = u."coupon_id" JOIN "campaigns" p ON p."id" = c."campaign_id"
    WHERE p."budget_cents" IS NOT NULL AND n."returned_cents" <> before."returned_cents"
    GROUP BY o."simulation_id", p."id"
    ORDER BY p."id"
  LOOP
    -- The first to be counted reads the rows, in which a cancelled order is left out already.
    PERFORM count_campaign_cents(change."simulation_id", change."id", -change."returned", 0);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER "order_discounts_count_update" AFTER UPDATE ON "order_discounts" REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "count_returned_discounts"();

-- Without a budget nobody counts: it begins anew.
CREATE FUNCTION "forget_spending"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "campaign_spending" WHERE "campaign_id" = NEW."id";
  RETURN NULL;
END $$;
CREATE TRIGGER "campaigns_budget_lifted" AFTER UPDATE OF "budget_cents" ON "campaigns"
  FOR EACH ROW WHEN (NEW."budget_cents" IS NULL) EXECUTE FUNCTION "forget_spending"();

-- One call writes everything that one operation changes ---------------------------------------------------------
-- The caller has read what there is and decided; this checks that it is still so, asks the counts, and writes. Answers
-- {"type": "saved"}; {"type": "changed"} when something is no longer as expected, and nothing is written: the caller
-- reads again; {"type": "refused", "coupons": [{"id", "reason"}], "overdue": [{"id", "userId"}]} when a limit or a budget is reached,
-- with reservations that hold some of it beyond their time.
-- Locks are taken in one order: the user, its coupons by id, counts of coupons by id, counts of campaigns by id.
CREATE FUNCTION "save_coupon_use"("place" text, "owner" uuid, "now_at" timestamptz, "expected" jsonb, "rows" jsonb)
RETURNS jsonb LANGUAGE plpgsql
-- A handful of rows by their keys, of tables of any size: the planner takes a record set for a hundred rows and would read
-- whole tables.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
DECLARE
  "changed" CONSTANT jsonb := '{"type": "changed"}';
  "refused" jsonb := '[]';
  "full_coupons" integer[] := '{}';
  "full_campaigns" integer[] := '{}';
  "matched" integer;
  "left_over" integer;
  "change" record;
BEGIN
  PERFORM 1 FROM "users" WHERE "id" = "owner" FOR UPDATE;

  IF "expected" ? 'reservation' AND NOT EXISTS (
    SELECT 1 FROM (SELECT "expected" -> 'reservation' AS "e") e LEFT JOIN "reservations" r ON r."id" = ("e" ->> 'id')::uuid
    WHERE coalesce(r."version", 0) = ("e" ->> 'version')::int AND r."status" IS NOT DISTINCT FROM ("e" ->> 'status')
  ) THEN
    RETURN "changed";
  END IF;
  IF "expected" ? 'order' AND NOT EXISTS (
    SELECT 1 FROM "orders" o WHERE o."id" = ("expected" -> 'order' ->> 'id')::uuid AND o."status" = 'completed'
      AND (SELECT count(*) FROM "order_cancellations" c WHERE c."order_id" = o."id") = ("expected" -> 'order' ->> 'cancellations')::int
  ) THEN
    RETURN "changed";
  END IF;
  IF "expected" ? 'open' AND ("expected" ->> 'open')::int <> (
    SELECT count(*) FROM "user_coupons" u
    WHERE u."user_id" = "owner" AND u."simulation_id" IS NOT DISTINCT FROM "place" AND u."status" IN ('active', 'reserved')
  ) THEN
    RETURN "changed";
  END IF;
  SELECT count(*) INTO "matched" FROM (
    SELECT 1 FROM "user_coupons" u
    JOIN jsonb_to_recordset("rows" -> 'coupons') AS k("id" uuid, "from_status" text, "from_reservation" uuid, "from_order" uuid) ON k."id" = u."id"
    WHERE u."user_id" = "owner" AND u."status" = k."from_status" AND u."reservation_id" IS NOT DISTINCT FROM k."from_reservation"
      AND u."order_id" IS NOT DISTINCT FROM k."from_order"
    ORDER BY u."id" FOR NO KEY UPDATE OF u
  ) AS locked;
  IF "matched" <> jsonb_array_length("rows" -> 'coupons') THEN
    RETURN "changed";
  END IF;

  FOR "change" IN
    SELECT c."id", c."redemption_limit", array_agg(k."id") FILTER (WHERE k."status" IN ('reserved', 'redeemed')) AS "user_coupons",
           sum((k."status" IN ('reserved', 'redeemed'))::int - (k."from_status" IN ('reserved', 'redeemed'))::int)::int AS "more"
    FROM jsonb_to_recordset("rows" -> 'coupons') AS k("id" uuid, "from_status" text, "status" text)
    JOIN "user_coupons" u ON u."id" = k."id" JOIN "coupons" c ON c."id" = u."coupon_id"
    WHERE c."redemption_limit" IS NOT NULL
    GROUP BY c."id" ORDER BY c."id"
  LOOP
    "matched" := count_coupon_use("place", "change"."id", 0, 0);
    IF "change"."more" > 0 AND "matched" + "change"."more" > "change"."redemption_limit" THEN
      "full_coupons" := "full_coupons" || "change"."id";
      "refused" := "refused" || (SELECT jsonb_agg(jsonb_build_object('id', x, 'reason', 'limit_reached')) FROM unnest("change"."user_coupons") x);
    END IF;
  END LOOP;
  FOR "change" IN
    SELECT p."id", p."budget_cents" FROM jsonb_to_recordset("rows" -> 'coupons') AS k("id" uuid)
    JOIN "user_coupons" u ON u."id" = k."id" JOIN "coupons" c ON c."id" = u."coupon_id" JOIN "campaigns" p ON p."id" = c."campaign_id"
    WHERE p."budget_cents" IS NOT NULL
    GROUP BY p."id" ORDER BY p."id"
  LOOP
    "left_over" := "change"."budget_cents" - count_campaign_cents("place", "change"."id", 0, 0);
    -- Those of one campaign that still fit together, the smallest first; one that costs no more than it holds always fits.
    WITH costs AS (
      SELECT k."id", coalesce(k."amount_cents", 0) - coalesce(u."reserved_cents", 0) AS "more"
      FROM jsonb_to_recordset("rows" -> 'coupons') AS k("id" uuid, "amount_cents" int)
      JOIN "user_coupons" u ON u."id" = k."id" JOIN "coupons" c ON c."id" = u."coupon_id"
      WHERE c."campaign_id" = "change"."id"
    ), running AS (SELECT *, sum("more") OVER (ORDER BY "more", "id") AS "together" FROM costs)
    SELECT "refused" || coalesce(jsonb_agg(jsonb_build_object('id', r."id", 'reason', 'budget_exhausted')), '[]'), count(*)
    INTO "refused", "matched"
    FROM running r WHERE r."more" > 0 AND r."together" > "left_over";
    IF "matched" > 0 THEN
      "full_campaigns" := "full_campaigns" || "change"."id";
    END IF;
  END LOOP;
  IF jsonb_array_length("refused") > 0 THEN
    RETURN jsonb_build_object('type', 'refused', 'coupons', "refused", 'overdue', (
      SELECT coalesce(jsonb_agg(jsonb_build_object('id', o."id", 'userId', o."user_id")), '[]') FROM (
        SELECT r."id", r."user_id" FROM "reservations" r JOIN "user_coupons" u ON u."reservation_id" = r."id" JOIN "coupons" c ON c."id" = u."coupon_id"
        WHERE r."status" = 'held' AND r."expires_simulated_at" <= "now_at" AND r."simulation_id" IS NOT DISTINCT FROM "place"
          AND (u."coupon_id" = ANY ("full_coupons") OR c."campaign_id" = ANY ("full_campaigns"))
        -- Any will do: those who come at once do not all end the same.
        ORDER BY random() LIMIT 2) o));
  END IF;

  INSERT INTO "orders" SELECT * FROM jsonb_populate_recordset(null::"orders", "rows" -> 'orders') ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS "matched" = ROW_COUNT;
  IF "matched" <> jsonb_array_length("rows" -> 'orders') THEN
    RETURN "changed";
  END IF;
  INSERT INTO "reservations" AS r SELECT * FROM jsonb_populate_recordset(null::"reservations", "rows" -> 'reservations')
  ON CONFLICT ("id") DO UPDATE SET
    "version" = excluded."version", "status" = excluded."status", "request" = excluded."request", "request_digest" = excluded."request_digest",
    "answer" = excluded."answer", "order_id" = excluded."order_id", "expires_simulated_at" = excluded."expires_simulated_at",
    "status_simulated_at" = excluded."status_simulated_at"
  WHERE r."user_id" = "owner";
  GET DIAGNOSTICS "matched" = ROW_COUNT;
  IF "matched" <> jsonb_array_length("rows" -> 'reservations') THEN
    -- The key is another user's, since a moment ago. Orders come with reservations that were there before.
    RETURN "changed";
  END IF;
  INSERT INTO "order_lines" SELECT * FROM jsonb_populate_recordset(null::"order_lines", "rows" -> 'order_lines');
  -- Before the coupons: what they hold covers their discounts, and a redeemed one is let go only by its order.
  INSERT INTO "order_discounts" SELECT * FROM jsonb_populate_recordset(null::"order_discounts", "rows" -> 'order_discounts');
  INSERT INTO "order_cancellations" SELECT * FROM jsonb_populate_recordset(null::"order_cancellations", "rows" -> 'order_cancellations');
  INSERT INTO "order_cancellation_lines" SELECT * FROM jsonb_populate_recordset(null::"order_cancellation_lines", "rows" -> 'order_cancellation_lines');
  UPDATE "order_discounts" d SET "returned_cents" = k."returned_cents"
  FROM jsonb_to_recordset("rows" -> 'returned') AS k("order_id" uuid, "user_coupon_id" uuid, "returned_cents" int)
  WHERE d."order_id" = k."order_id" AND d."user_coupon_id" = k."user_coupon_id";
  UPDATE "orders" o SET "status" = 'cancelled', "cancelled_simulated_at" = "now_at"
  FROM jsonb_array_elements_text("rows" -> 'cancelled') AS k("id") WHERE o."id" = k."id"::uuid;
  UPDATE "user_coupons" u
  SET "status" = k."status", "closed_reason" = k."closed_reason", "order_id" = k."order_id", "reservation_id" = k."reservation_id",
      "reserved_cents" = CASE WHEN k."status" = 'reserved' THEN k."amount_cents" END, "status_simulated_at" = k."at"
  FROM jsonb_to_recordset("rows" -> 'coupons')
    AS k("id" uuid, "status" text, "closed_reason" text, "order_id" uuid, "reservation_id" uuid, "amount_cents" int, "at" timestamptz)
  WHERE u."id" = k."id";
  RETURN '{"type": "saved"}';
END $$;

-- As before, but what is reserved is its reservation's, and a discount is new.
CREATE OR REPLACE FUNCTION "save_shopping_day"(
  "simulation" text, "agent" text, "on_date" date, "day_result" jsonb, "household" jsonb, "rows" jsonb
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  "wanted" integer := jsonb_array_length("rows" -> 'redemptions');
  "redeemed" integer;
BEGIN
  UPDATE "shopping_days"
  SET "status" = 'completed', "result" = "day_result", "state_after" = "household", "finished_at" = now(), "unanswered" = 0
  WHERE "simulation_id" = "simulation" AND "agent_id" = "agent" AND "simulated_date" = "on_date"
    -- A day that was settled as failed is in the totals already: an answer that comes later is too late.
    AND "status" = 'planned';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO "shopping_sessions" SELECT * FROM jsonb_populate_recordset(null::"shopping_sessions", "rows" -> 'shopping_sessions');
  INSERT INTO "shopping_session_events" SELECT * FROM jsonb_populate_recordset(null::"shopping_session_events", "rows" -> 'shopping_session_events');
  INSERT INTO "choice_sets" SELECT * FROM jsonb_populate_recordset(null::"choice_sets", "rows" -> 'choice_sets');
  INSERT INTO "coupon_impressions" SELECT * FROM jsonb_populate_recordset(null::"coupon_impressions", "rows" -> 'coupon_impressions');
  INSERT INTO "cart_items" SELECT * FROM jsonb_populate_recordset(null::"cart_items", "rows" -> 'cart_items');
  INSERT INTO "orders" SELECT * FROM jsonb_populate_recordset(null::"orders", "rows" -> 'orders');
  INSERT INTO "order_lines" SELECT * FROM jsonb_populate_recordset(null::"order_lines", "rows" -> 'order_lines');
  IF "wanted" = 0 THEN
    RETURN true;
  END IF;
  UPDATE "user_coupons" u SET "status" = 'redeemed', "order_id" = r."order_id", "status_simulated_at" = r."at"
  FROM jsonb_to_recordset("rows" -> 'redemptions') AS r("id" uuid, "order_id" uuid, "at" timestamptz)
  WHERE u."id" = r."id" AND u."status" = 'active';
  GET DIAGNOSTICS "redeemed" = ROW_COUNT;
  IF "redeemed" <> "wanted" THEN
    -- No refusal of the values (SQLSTATE classes 22 and 23): the whole day is undone, and lived anew.
    RAISE EXCEPTION '% of % coupons were no longer active at checkout', "wanted" - "redeemed", "wanted";
  END IF;
  INSERT INTO "order_discounts" SELECT d."order_id", d."user_coupon_id", d."target", d."amount_cents", d."vendor_funded_cents", d."redemption_fee_cents", 0
  FROM jsonb_populate_recordset(null::"order_discounts", "rows" -> 'order_discounts') d;
  RETURN true;
END $$;
