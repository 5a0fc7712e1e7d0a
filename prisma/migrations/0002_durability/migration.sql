-- AlterTable
ALTER TABLE "coupons" ADD COLUMN     "redemption_limit" INTEGER;

-- AlterTable
ALTER TABLE "shopping_days" ADD COLUMN     "unanswered" SMALLINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "simulation_days" (
    "simulation_id" TEXT NOT NULL,
    "simulated_date" DATE NOT NULL,
    "status" TEXT NOT NULL,
    "lived" INTEGER NOT NULL,
    "failed" INTEGER NOT NULL,
    "quarantined" INTEGER NOT NULL,
    "committed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "simulation_days_pkey" PRIMARY KEY ("simulation_id","simulated_date")
);

-- CreateTable
CREATE TABLE "quarantines" (
    "simulation_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "since_date" DATE NOT NULL,
    "failed_days" SMALLINT NOT NULL,
    "reason" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "released_date" DATE,

    CONSTRAINT "quarantines_pkey" PRIMARY KEY ("simulation_id","agent_id","since_date")
);

-- CreateTable
CREATE TABLE "coupon_redemptions" (
    "id" SERIAL NOT NULL,
    "simulation_id" TEXT,
    "coupon_id" INTEGER NOT NULL,
    "redeemed" INTEGER NOT NULL,

    CONSTRAINT "coupon_redemptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "withheld_coupons" (
    "user_coupon_id" UUID NOT NULL,
    "simulated_date" DATE NOT NULL,

    CONSTRAINT "withheld_coupons_pkey" PRIMARY KEY ("user_coupon_id","simulated_date")
);

-- CreateIndex
CREATE UNIQUE INDEX "coupon_redemptions_simulation_id_coupon_id_key" ON "coupon_redemptions"("simulation_id", "coupon_id");

-- AddForeignKey
ALTER TABLE "simulation_days" ADD CONSTRAINT "simulation_days_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quarantines" ADD CONSTRAINT "quarantines_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quarantines" ADD CONSTRAINT "quarantines_simulation_id_agent_id_fkey" FOREIGN KEY ("simulation_id", "agent_id") REFERENCES "simulation_agents"("simulation_id", "agent_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupon_redemptions" ADD CONSTRAINT "coupon_redemptions_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupon_redemptions" ADD CONSTRAINT "coupon_redemptions_coupon_id_fkey" FOREIGN KEY ("coupon_id") REFERENCES "coupons"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "withheld_coupons" ADD CONSTRAINT "withheld_coupons_user_coupon_id_fkey" FOREIGN KEY ("user_coupon_id") REFERENCES "user_coupons"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Written by hand ------------------------------------------------------------------------------------------------

DROP INDEX "coupon_redemptions_simulation_id_coupon_id_key";
CREATE UNIQUE INDEX "coupon_redemptions_simulation_id_coupon_id_key" ON "coupon_redemptions"("simulation_id", "coupon_id") NULLS NOT DISTINCT;

ALTER TABLE "coupons" ADD CONSTRAINT "coupons_redemption_limit_check" CHECK ("redemption_limit" > 0);
ALTER TABLE "coupon_redemptions" ADD CONSTRAINT "coupon_redemptions_redeemed_check" CHECK ("redeemed" >= 0);
ALTER TABLE "shopping_days" ADD CONSTRAINT "shopping_days_quarantined_check" CHECK ("status" <> 'quarantined' OR "failure" IS NOT NULL);
ALTER TABLE "simulation_days"
  ADD CONSTRAINT "simulation_days_status_check" CHECK ("status" IN ('ok', 'degraded', 'failed')),
  ADD CONSTRAINT "simulation_days_counts_check" CHECK (least("lived", "failed", "quarantined") >= 0);
ALTER TABLE "quarantines" ADD CONSTRAINT "quarantines_dates_check" CHECK ("released_date" >= "since_date" AND "failed_days" > 0);

ALTER TABLE "simulation_state" DROP CONSTRAINT "simulation_state_status_check";
ALTER TABLE "simulation_state"
  ADD CONSTRAINT "simulation_state_status_check" CHECK (
    "status" IN ('running', 'paused', 'completed', 'stopped', 'failed', 'cancelled', 'terminated')),
  ADD CONSTRAINT "simulation_state_finished_check" CHECK (("status" IN ('running', 'paused')) = ("finished_at" IS NULL));

-- Simulated time only moves forward. What ended as it should stays ended; what was ended from outside, or failed, may
-- be taken up again.
CREATE OR REPLACE FUNCTION "check_simulation_forward"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."committed_days" < OLD."committed_days" OR NEW."cycle_number" < OLD."cycle_number" THEN
    RAISE EXCEPTION 'simulation % cannot go back from day % to day %', OLD."simulation_id", OLD."committed_days", NEW."committed_days"
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."config" <> OLD."config" OR NEW."seed" <> OLD."seed" OR NEW."start_date" <> OLD."start_date" THEN
    RAISE EXCEPTION 'the configuration of simulation % is fixed', OLD."simulation_id" USING ERRCODE = 'check_violation';
  END IF;
  IF OLD."status" IN ('completed', 'stopped')
     AND (NEW."status" <> OLD."status" OR NEW."committed_days" <> OLD."committed_days" OR NEW."finished_at" <> OLD."finished_at") THEN
    RAISE EXCEPTION 'simulation % is %', OLD."simulation_id", OLD."status" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

-- A coupon with a limit is never redeemed more often, whoever redeems it: the row of its count is locked until the
-- redemption is committed. The count begins with what there is, so a limit may be set on a coupon in use.
CREATE FUNCTION "count_limited_redemptions"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  change record;
  now_redeemed integer;
BEGIN
  FOR change IN
    SELECT n."simulation_id", n."coupon_id", c."redemption_limit", c."code",
           sum((n."status" = 'redeemed')::int - (o."status" = 'redeemed')::int) AS "delta"
    FROM new_rows n JOIN old_rows o ON o."id" = n."id" JOIN "coupons" c ON c."id" = n."coupon_id"
    WHERE c."redemption_limit" IS NOT NULL AND n."status" <> o."status" AND 'redeemed' IN (n."status", o."status")
    GROUP BY n."simulation_id", n."coupon_id", c."redemption_limit", c."code"
    -- In one order for everybody, so that two who redeem several never wait for each other.
    ORDER BY n."coupon_id"
  LOOP
    INSERT INTO "coupon_redemptions" AS r ("simulation_id", "coupon_id", "redeemed")
    VALUES (change."simulation_id", change."coupon_id",
            (SELECT count(*) FROM "user_coupons" u
             WHERE u."coupon_id" = change."coupon_id" AND u."simulation_id" IS NOT DISTINCT FROM change."simulation_id" AND u."status" = 'redeemed'))
    ON CONFLICT ("simulation_id", "coupon_id") DO UPDATE SET "redeemed" = r."redeemed" + change."delta"
    RETURNING r."redeemed" INTO now_redeemed;
    IF change."delta" > 0 AND now_redeemed > change."redemption_limit" THEN
      RAISE EXCEPTION 'coupon % may be redeemed % times', change."code", change."redemption_limit" USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER "user_coupons_limit" AFTER UPDATE ON "user_coupons" REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "count_limited_redemptions"();

-- Without a limit nobody counts, so that a count would be behind when there is a limit again: it begins anew.
CREATE FUNCTION "forget_redemptions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM "coupon_redemptions" WHERE "coupon_id" = NEW."id";
  RETURN NULL;
END $$;
CREATE TRIGGER "coupons_limit_lifted" AFTER UPDATE OF "redemption_limit" ON "coupons"
  FOR EACH ROW WHEN (NEW."redemption_limit" IS NULL) EXECUTE FUNCTION "forget_redemptions"();
