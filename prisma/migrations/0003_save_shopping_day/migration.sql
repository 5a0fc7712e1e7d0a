-- A lived day is saved by one call, in one transaction: round trips were a third of what a day cost. The rows come by
-- table and are written in the order in which foreign keys allow it; discounts follow the redemptions. A column that is
-- left out of a row is null, not its default. False, and nothing is written, when the day is no longer planned: the
-- first save wins.
CREATE FUNCTION "save_shopping_day"(
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
  WHERE u."id" = r."id" AND u."status" IN ('active', 'reserved');
  GET DIAGNOSTICS "redeemed" = ROW_COUNT;
  IF "redeemed" <> "wanted" THEN
    -- No refusal of the values (SQLSTATE classes 22 and 23): the whole day is undone, and lived anew.
    RAISE EXCEPTION '% of % coupons were no longer active at checkout', "wanted" - "redeemed", "wanted";
  END IF;
  INSERT INTO "order_discounts" SELECT * FROM jsonb_populate_recordset(null::"order_discounts", "rows" -> 'order_discounts');
  RETURN true;
END $$;
