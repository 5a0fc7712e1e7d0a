-- AlterTable
ALTER TABLE "simulation_state" ADD COLUMN     "forked_at_cycle" INTEGER,
ADD COLUMN     "forked_from" TEXT;

-- Written by hand ------------------------------------------------------------------------------------------------

ALTER TABLE "simulation_state" ADD CONSTRAINT "simulation_state_forked_check" CHECK (
  ("forked_from" IS NULL) = ("forked_at_cycle" IS NULL) AND "forked_at_cycle" >= 2 AND "forked_from" <> "simulation_id");

-- What `idOf` of prisma/ids.ts gives: the parts of the key come as JSON, so that texts and numbers are told apart.
CREATE FUNCTION "id_of"("kind" text, VARIADIC "key" json[]) RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
  "hash" bytea := substring(sha256(convert_to('[' || array_to_string(array_prepend(to_json("kind"), "key"), ',') || ']', 'UTF8')) FROM 1 FOR 16);
BEGIN
  RETURN encode(set_byte(set_byte("hash", 6, get_byte("hash", 6) & 15 | 128), 8, get_byte("hash", 8) & 63 | 128), 'hex')::uuid;
END $$;

-- Stores a new simulation with the past of another one: all that was there at 00:00 of the first day of a cycle, before
-- anything of that cycle was done. Each row is copied as it is, with ids made from the new simulation's keys; coupons
-- that were closed at that instant or later are open again, discounts that were taken back later stand. Coupons are
-- dealt and closed cycle by cycle, so that the triggers write the ledger and check wallets and limits as ever. The
-- caller has checked that the days are committed and that nobody but the shoppers changed anything in them.
-- False, and nothing is written, when there is a simulation of that name.
CREATE FUNCTION "fork_simulation"(
  "original" text, "at_cycle" integer, "fork_config" jsonb, "past_totals" jsonb, "keeps_learned" boolean
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  "fork" CONSTANT text := "fork_config" ->> 'simulationId';
  "cycle_days" CONSTANT integer := ("fork_config" ->> 'offerCycleDays')::integer;
  "begin_date" CONSTANT date := ("fork_config" ->> 'startDate')::date;
  "fork_date" CONSTANT date := "begin_date" + ("at_cycle" - 1) * "cycle_days";
  "fork_instant" CONSTANT timestamptz := "fork_date"::timestamp AT TIME ZONE 'UTC';
  "until" timestamptz;
BEGIN
  INSERT INTO "simulation_state" ("simulation_id", "dataset_id", "seed", "config", "start_date", "simulated_date", "committed_days", "cycle_number",
                                  "time_scale", "totals", "forked_from", "forked_at_cycle")
  VALUES ("fork", "fork_config" ->> 'datasetId', "fork_config" ->> 'seed', "fork_config", "begin_date", "fork_date", "fork_date" - "begin_date",
          "at_cycle" - 1, "fork_config" ->> 'timeScale', "past_totals", "original", "at_cycle")
  ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;

  -- Old and new ids of everything that other rows refer to.
  CREATE TEMPORARY TABLE "fork_ids" ("kind" text, "old" uuid, "new" uuid, PRIMARY KEY ("kind", "old")) ON COMMIT DROP;
  INSERT INTO "fork_ids"
  SELECT 'cycle', y."id", id_of('offer_cycle', to_json("fork"), to_json(y."cycle_number"))
  FROM "offer_cycles" y WHERE y."simulation_id" = "original" AND y."cycle_number" < "at_cycle";
  INSERT INTO "fork_ids"
  SELECT 'coupon', u."id", id_of('user_coupon', to_json("fork"), to_json(u."user_id"), to_json(y."cycle_number"), to_json(c."code"))
  FROM "user_coupons" u JOIN "offer_cycles" y ON y."id" = u."offer_cycle_id" JOIN "coupons" c ON c."id" = u."coupon_id"
  WHERE u."simulation_id" = "original" AND y."cycle_number" < "at_cycle";
  INSERT INTO "fork_ids"
  SELECT 'session', s."id", id_of('shopping_session', to_json("fork"), to_json(s."agent_id"), to_json(s."simulated_date"), to_json(s."trip_number"))
  FROM "shopping_sessions" s WHERE s."simulation_id" = "original" AND s."simulated_date" < "fork_date";
  INSERT INTO "fork_ids"
  SELECT 'order', o."id", id_of('order', to_json("fork"), to_json(s."agent_id"), to_json(s."simulated_date"), to_json(s."trip_number"))
  FROM "orders" o JOIN "shopping_sessions" s ON s."id" = o."session_id"
  WHERE s."simulation_id" = "original" AND s."simulated_date" < "fork_date";
  ANALYZE "fork_ids";

  INSERT INTO "simulation_agents" SELECT r.*
  FROM "simulation_agents" a, LATERAL jsonb_populate_record(a, jsonb_build_object('simulation_id', "fork")) r
  WHERE a."simulation_id" = "original";
  INSERT INTO "shopping_days" SELECT r.*
  FROM "shopping_days" d, LATERAL jsonb_populate_record(d, jsonb_build_object('simulation_id', "fork")) r
  WHERE d."simulation_id" = "original" AND d."simulated_date" < "fork_date";
  INSERT INTO "simulation_days" SELECT r.*
  FROM "simulation_days" d, LATERAL jsonb_populate_record(d, jsonb_build_object('simulation_id', "fork")) r
  WHERE d."simulation_id" = "original" AND d."simulated_date" < "fork_date";
  -- Whom the last shared day put in quarantine is in it from the first day on; a release for a later day is not yet known.
  INSERT INTO "quarantines" SELECT r.*
  FROM "quarantines" q, LATERAL jsonb_populate_record(q, jsonb_build_object('simulation_id', "fork",
    'released_date', CASE WHEN q."released_date" <= "fork_date" THEN q."released_date" END)) r
  WHERE q."simulation_id" = "original" AND q."since_date" <= "fork_date";

  -- The last shared cycle is still open.
  INSERT INTO "offer_cycles" SELECT r.*
  FROM "offer_cycles" y JOIN "fork_ids" f ON f."kind" = 'cycle' AND f."old" = y."id", LATERAL jsonb_populate_record(y,
    jsonb_build_object('id', f."new", 'simulation_id', "fork")
    || CASE WHEN y."cycle_number" = "at_cycle" - 1 THEN '{"ends_at": null}' ELSE '{}' END::jsonb
    || CASE WHEN "keeps_learned" THEN '{}' ELSE '{"policy_state": null}' END::jsonb) r;
  INSERT INTO "offer_deals" SELECT r.*
  FROM "offer_deals" d JOIN "offer_cycles" y ON y."id" = d."offer_cycle_id" JOIN "fork_ids" f ON f."kind" = 'cycle' AND f."old" = y."id",
    LATERAL jsonb_populate_record(d, jsonb_build_object('simulation_id', "fork", 'offer_cycle_id', f."new",
      'id', id_of('offer_deal', to_json("fork"), to_json(d."user_id"), to_json(y."cycle_number")))) r
  WHERE d."simulation_id" = "original";
  INSERT INTO "user_offer_cycles" SELECT r.*
  FROM "user_offer_cycles" w JOIN "offer_cycles" y ON y."simulation_id" = "original" AND y."cycle_number" = "at_cycle" - 1
    JOIN "offer_deals" d ON d."offer_cycle_id" = y."id" AND d."user_id" = w."user_id"
    JOIN "fork_ids" f ON f."kind" = 'cycle' AND f."old" = y."id",
    LATERAL jsonb_populate_record(w, jsonb_build_object('simulation_id', "fork", 'current_cycle_id', f."new",
      'id', id_of('user_offer_cycle', to_json("fork"), to_json(w."user_id")), 'last_refresh_at', d."simulated_at", 'next_refresh_at', "fork_instant")) r
  WHERE w."simulation_id" = "original";

  INSERT INTO "shopping_sessions" SELECT r.*
  FROM "shopping_sessions" s JOIN "fork_ids" f ON f."kind" = 'session' AND f."old" = s."id",
    LATERAL jsonb_populate_record(s, jsonb_build_object('id', f."new", 'simulation_id', "fork")) r;
  INSERT INTO "shopping_session_events" SELECT r.*
  FROM "shopping_session_events" e JOIN "fork_ids" f ON f."kind" = 'session' AND f."old" = e."session_id"
    LEFT JOIN "fork_ids" k ON k."kind" = 'coupon' AND k."old" = (e."payload" ->> 'userCouponId')::uuid,
    LATERAL jsonb_populate_record(e, jsonb_build_object('session_id', f."new", 'payload',
      e."payload" || CASE WHEN k."new" IS NULL THEN '{}' ELSE jsonb_build_object('userCouponId', k."new") END)) r;
  INSERT INTO "choice_sets" SELECT r.*
  FROM "choice_sets" c JOIN "fork_ids" f ON f."kind" = 'session' AND f."old" = c."session_id",
    LATERAL jsonb_populate_record(c, jsonb_build_object('session_id', f."new")) r;
  INSERT INTO "cart_items" SELECT r.*
  FROM "cart_items" i JOIN "fork_ids" f ON f."kind" = 'session' AND f."old" = i."session_id",
    LATERAL jsonb_populate_record(i, jsonb_build_object('session_id', f."new")) r;
  INSERT INTO "orders" SELECT r.*
  FROM "orders" o JOIN "fork_ids" f ON f."kind" = 'order' AND f."old" = o."id" JOIN "fork_ids" s ON s."kind" = 'session' AND s."old" = o."session_id",
    LATERAL jsonb_populate_record(o, jsonb_build_object('id', f."new", 'simulation_id', "fork", 'session_id', s."new",
      'status', 'completed', 'cancelled_simulated_at', NULL)) r;

  -- Coupons with how they were closed before the fork, if they were. Nobody but shoppers was at work: each once at most.
  CREATE TEMPORARY TABLE "fork_coupons" ON COMMIT DROP AS
  SELECT f."old", f."new", y."cycle_number", t."to_status", t."closed_reason", t."simulated_at" AS "closed_at", p."new" AS "order_id"
  FROM "user_coupons" u JOIN "fork_ids" f ON f."kind" = 'coupon' AND f."old" = u."id" JOIN "offer_cycles" y ON y."id" = u."offer_cycle_id"
    LEFT JOIN "user_coupon_transitions" t ON t."user_coupon_id" = u."id" AND t."sequence" = 2 AND t."simulated_at" < "fork_instant"
    LEFT JOIN ("order_discounts" d JOIN "fork_ids" p ON p."kind" = 'order' AND p."old" = d."order_id")
      ON d."user_coupon_id" = u."id" AND t."to_status" = 'redeemed'
  WHERE u."simulation_id" = "original";
  ANALYZE "fork_coupons";
  FOR "cycle" IN 1 .. "at_cycle" LOOP
    -- What was closed up to the cycle's start makes room for what it deals.
    "until" := ("begin_date" + ("cycle" - 1) * "cycle_days")::timestamp AT TIME ZONE 'UTC';
    UPDATE "user_coupons" u
    SET "status" = k."to_status", "closed_reason" = k."closed_reason", "status_simulated_at" = k."closed_at", "order_id" = k."order_id"
    FROM "fork_coupons" k
    WHERE u."id" = k."new" AND k."closed_at" <= "until" AND k."closed_at" > "until" - make_interval(days => "cycle_days");
    INSERT INTO "user_coupons" SELECT r.*
    FROM "fork_coupons" k JOIN "user_coupons" u ON u."id" = k."old" JOIN "fork_ids" f ON f."kind" = 'cycle' AND f."old" = u."offer_cycle_id",
      LATERAL jsonb_populate_record(u, jsonb_build_object('id', k."new", 'simulation_id', "fork", 'offer_cycle_id', f."new",
        'status', 'active', 'closed_reason', NULL, 'status_simulated_at', u."assigned_simulated_at", 'order_id', NULL,
        'reservation_id', NULL, 'reserved_cents', NULL)) r
    WHERE k."cycle_number" = "cycle";
  END LOOP;

  INSERT INTO "coupon_impressions" SELECT r.*
  FROM "coupon_impressions" i JOIN "fork_ids" f ON f."kind" = 'session' AND f."old" = i."session_id"
    JOIN "fork_ids" k ON k."kind" = 'coupon' AND k."old" = i."user_coupon_id",
    LATERAL jsonb_populate_record(i, jsonb_build_object('session_id', f."new", 'user_coupon_id', k."new")) r;
  INSERT INTO "withheld_coupons" SELECT r.*
  FROM "withheld_coupons" w JOIN "fork_ids" k ON k."kind" = 'coupon' AND k."old" = w."user_coupon_id",
    LATERAL jsonb_populate_record(w, jsonb_build_object('user_coupon_id', k."new")) r
  WHERE w."simulated_date" < "fork_date";
  INSERT INTO "order_lines" SELECT r.*
  FROM "order_lines" l JOIN "fork_ids" f ON f."kind" = 'order' AND f."old" = l."order_id"
    LEFT JOIN "fork_ids" k ON k."kind" = 'coupon' AND k."old" = l."user_coupon_id",
    LATERAL jsonb_populate_record(l, jsonb_build_object('order_id', f."new", 'user_coupon_id', k."new")) r;
  INSERT INTO "order_discounts" SELECT r.*
  FROM "order_discounts" d JOIN "fork_ids" f ON f."kind" = 'order' AND f."old" = d."order_id"
    JOIN "fork_ids" k ON k."kind" = 'coupon' AND k."old" = d."user_coupon_id",
    LATERAL jsonb_populate_record(d, jsonb_build_object('order_id', f."new", 'user_coupon_id', k."new", 'returned_cents', 0)) r;
  RETURN true;
END $$;

-- Plans of triggers are made at their first call and kept, often for one row or none; by nested loops a cycle boundary
-- or a fork then compares each of its thousands of coupons with each other.
ALTER FUNCTION "write_coupon_transitions"() SET enable_nestloop = off;
ALTER FUNCTION "count_coupon_uses"() SET enable_nestloop = off;
