-- CreateTable
CREATE TABLE "datasets" (
    "id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "notice" TEXT,
    "currency" CHAR(3) NOT NULL DEFAULT 'USD',
    "minor_unit" SMALLINT NOT NULL DEFAULT 2,
    "prices_include_tax" BOOLEAN NOT NULL DEFAULT false,
    "reference" JSONB,
    "loaded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "datasets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "is_simulated" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "agents" (
    "agent_id" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "generation_model" TEXT NOT NULL,
    "generated_at" TIMESTAMPTZ(3),
    "age" SMALLINT NOT NULL,
    "age_group" TEXT NOT NULL,
    "gender" TEXT NOT NULL,
    "income_bracket" TEXT NOT NULL,
    "household_size" SMALLINT NOT NULL,
    "has_children" BOOLEAN NOT NULL,
    "location_region" TEXT NOT NULL,
    "price_sensitivity" DOUBLE PRECISION NOT NULL,
    "brand_loyalty" DOUBLE PRECISION NOT NULL,
    "impulsivity" DOUBLE PRECISION NOT NULL,
    "tech_savviness" DOUBLE PRECISION NOT NULL,
    "preferred_categories" TEXT[],
    "weekly_budget_cents" INTEGER NOT NULL,
    "shopping_frequency" TEXT NOT NULL,
    "avg_cart_value_cents" INTEGER NOT NULL,
    "pref_day_weekday" DOUBLE PRECISION NOT NULL,
    "pref_day_saturday" DOUBLE PRECISION NOT NULL,
    "pref_day_sunday" DOUBLE PRECISION NOT NULL,
    "pref_time_morning" DOUBLE PRECISION NOT NULL,
    "pref_time_afternoon" DOUBLE PRECISION NOT NULL,
    "pref_time_evening" DOUBLE PRECISION NOT NULL,
    "coupon_affinity" DOUBLE PRECISION NOT NULL,
    "deal_seeking_behavior" TEXT NOT NULL,
    "backstory" TEXT NOT NULL DEFAULT '',
    "sample_shopping_patterns" TEXT[],
    "visit_rate" DOUBLE PRECISION,
    "imputed_attributes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agents_pkey" PRIMARY KEY ("agent_id")
);

-- CreateTable
CREATE TABLE "stores" (
    "id" SERIAL NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "region" TEXT NOT NULL,
    "shipping_fee_cents" INTEGER NOT NULL DEFAULT 0,
    "free_shipping_threshold_cents" INTEGER,

    CONSTRAINT "stores_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "categories" (
    "id" SERIAL NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "basket_weight" DOUBLE PRECISION NOT NULL,
    "repurchase_gap_days" SMALLINT NOT NULL,

    CONSTRAINT "categories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "products" (
    "id" SERIAL NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "sku" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "brand" TEXT NOT NULL,
    "is_private_label" BOOLEAN NOT NULL DEFAULT false,
    "regular_price_cents" INTEGER NOT NULL,
    "unit_cost_cents" INTEGER NOT NULL,
    "popularity" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "is_active" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "products_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "product_prices" (
    "product_id" INTEGER NOT NULL,
    "week" SMALLINT NOT NULL,
    "regular_price_cents" INTEGER NOT NULL,
    "promotional_price_cents" INTEGER,
    "is_featured" BOOLEAN NOT NULL DEFAULT false,
    "is_displayed" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "product_prices_pkey" PRIMARY KEY ("product_id","week")
);

-- CreateTable
CREATE TABLE "campaigns" (
    "id" SERIAL NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "budget_cents" INTEGER,

    CONSTRAINT "campaigns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "coupons" (
    "id" SERIAL NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "campaign_id" INTEGER NOT NULL,
    "scope" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "category" TEXT,
    "brand" TEXT,
    "percent_off" DOUBLE PRECISION,
    "amount_off_cents" INTEGER,
    "max_discount_cents" INTEGER,
    "min_spend_cents" INTEGER NOT NULL DEFAULT 0,
    "funding" TEXT NOT NULL DEFAULT 'retailer',
    "vendor_share_percent" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "fee_per_redemption_cents" INTEGER NOT NULL DEFAULT 0,
    "excluded_brands" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "is_active" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "coupons_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "simulation_state" (
    "simulation_id" TEXT NOT NULL,
    "dataset_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'running',
    "seed" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "start_date" DATE NOT NULL,
    "simulated_date" DATE NOT NULL,
    "committed_days" INTEGER NOT NULL DEFAULT 0,
    "cycle_number" INTEGER NOT NULL DEFAULT 0,
    "time_scale" TEXT NOT NULL,
    "totals" JSONB,
    "real_start_time" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "simulation_state_pkey" PRIMARY KEY ("simulation_id")
);

-- CreateTable
CREATE TABLE "simulation_agents" (
    "simulation_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,

    CONSTRAINT "simulation_agents_pkey" PRIMARY KEY ("simulation_id","agent_id")
);

-- CreateTable
CREATE TABLE "offer_cycles" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "cycle_number" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3),
    "simulated_start_date" DATE NOT NULL,
    "simulated_end_date" DATE NOT NULL,
    "is_simulation" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "offer_cycles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_offer_cycles" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "current_cycle_id" UUID NOT NULL,
    "last_refresh_at" TIMESTAMPTZ(3) NOT NULL,
    "next_refresh_at" TIMESTAMPTZ(3) NOT NULL,
    "is_simulation" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "user_offer_cycles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "offer_deals" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "offer_cycle_id" UUID NOT NULL,
    "policy_version" TEXT NOT NULL,
    "refresh_policy" TEXT NOT NULL,
    "wallet_before" SMALLINT NOT NULL,
    "dealt_frontstore" SMALLINT NOT NULL,
    "dealt_category_brand" SMALLINT NOT NULL,
    "eligible_frontstore" INTEGER NOT NULL,
    "eligible_category_brand" INTEGER NOT NULL,
    "excluded_codes" TEXT[],
    "pool_exhausted" BOOLEAN NOT NULL DEFAULT false,
    "simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "offer_deals_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_coupons" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "coupon_id" INTEGER NOT NULL,
    "offer_cycle_id" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'active',
    "closed_reason" TEXT,
    "assignment_probability" DOUBLE PRECISION NOT NULL,
    "policy_version" TEXT NOT NULL,
    "assigned_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "status_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "order_id" UUID,
    "is_simulation" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_coupons_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user_coupon_transitions" (
    "user_coupon_id" UUID NOT NULL,
    "sequence" SMALLINT NOT NULL,
    "from_status" TEXT,
    "to_status" TEXT NOT NULL,
    "closed_reason" TEXT,
    "simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "user_coupon_transitions_pkey" PRIMARY KEY ("user_coupon_id","sequence")
);

-- CreateTable
CREATE TABLE "shopping_days" (
    "simulation_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,
    "simulated_date" DATE NOT NULL,
    "status" TEXT NOT NULL,
    "visit_probability" DOUBLE PRECISION NOT NULL,
    "visit_draw" DOUBLE PRECISION NOT NULL,
    "visit_terms" JSONB NOT NULL,
    "result" JSONB,
    "state_after" JSONB,
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "shopping_days_pkey" PRIMARY KEY ("simulation_id","agent_id","simulated_date")
);

-- CreateTable
CREATE TABLE "shopping_sessions" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "agent_id" TEXT,
    "store_id" INTEGER NOT NULL,
    "simulated_date" DATE,
    "trip_number" SMALLINT NOT NULL,
    "channel" TEXT NOT NULL,
    "trip_type" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "abandon_reason" TEXT,
    "started_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "is_simulation" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shopping_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "shopping_session_events" (
    "session_id" UUID NOT NULL,
    "sequence" INTEGER NOT NULL,
    "event_type" TEXT NOT NULL,
    "simulated_at" TIMESTAMPTZ(3) NOT NULL,
    "schema_version" SMALLINT NOT NULL,
    "payload" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shopping_session_events_pkey" PRIMARY KEY ("session_id","sequence")
);

-- CreateTable
CREATE TABLE "choice_sets" (
    "session_id" UUID NOT NULL,
    "sequence" SMALLINT NOT NULL,
    "category" TEXT NOT NULL,
    "chosen_sku" TEXT NOT NULL,
    "shown_skus" TEXT[],
    "shelf_price_cents" INTEGER[],
    "effective_price_cents" INTEGER[],
    "is_featured" BOOLEAN[],
    "is_displayed" BOOLEAN[],
    "utilities" DOUBLE PRECISION[],
    "noise" DOUBLE PRECISION[],
    "probabilities" DOUBLE PRECISION[],

    CONSTRAINT "choice_sets_pkey" PRIMARY KEY ("session_id","sequence")
);

-- CreateTable
CREATE TABLE "coupon_impressions" (
    "session_id" UUID NOT NULL,
    "user_coupon_id" UUID NOT NULL,
    "rank" SMALLINT NOT NULL,
    "is_shown" BOOLEAN NOT NULL,
    "is_noticed" BOOLEAN NOT NULL,
    "is_opened" BOOLEAN NOT NULL,
    "notice_probability" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "coupon_impressions_pkey" PRIMARY KEY ("session_id","user_coupon_id")
);

-- CreateTable
CREATE TABLE "cart_items" (
    "session_id" UUID NOT NULL,
    "line_number" SMALLINT NOT NULL,
    "product_id" INTEGER NOT NULL,
    "quantity" SMALLINT NOT NULL,
    "regular_price_cents" INTEGER NOT NULL,
    "unit_price_cents" INTEGER NOT NULL,
    "is_removed" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "cart_items_pkey" PRIMARY KEY ("session_id","line_number")
);

-- CreateTable
CREATE TABLE "orders" (
    "id" UUID NOT NULL,
    "simulation_id" TEXT,
    "user_id" UUID NOT NULL,
    "session_id" UUID,
    "idempotency_key" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'completed',
    "currency" CHAR(3) NOT NULL,
    "subtotal_cents" INTEGER NOT NULL,
    "discount_cents" INTEGER NOT NULL,
    "shipping_cents" INTEGER NOT NULL,
    "total_cents" INTEGER NOT NULL,
    "unit_cost_cents" INTEGER NOT NULL,
    "vendor_funded_cents" INTEGER NOT NULL,
    "redemption_fee_cents" INTEGER NOT NULL,
    "is_simulated" BOOLEAN NOT NULL DEFAULT false,
    "simulated_at" TIMESTAMPTZ(3),
    "cancelled_simulated_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "order_lines" (
    "order_id" UUID NOT NULL,
    "line_number" SMALLINT NOT NULL,
    "product_id" INTEGER NOT NULL,
    "quantity" SMALLINT NOT NULL,
    "regular_price_cents" INTEGER NOT NULL,
    "unit_price_cents" INTEGER NOT NULL,
    "unit_cost_cents" INTEGER NOT NULL,
    "line_discount_cents" INTEGER NOT NULL,
    "order_discount_cents" INTEGER NOT NULL,

    CONSTRAINT "order_lines_pkey" PRIMARY KEY ("order_id","line_number")
);

-- CreateTable
CREATE TABLE "order_discounts" (
    "order_id" UUID NOT NULL,
    "user_coupon_id" UUID NOT NULL,
    "target" TEXT NOT NULL,
    "amount_cents" INTEGER NOT NULL,
    "vendor_funded_cents" INTEGER NOT NULL,
    "redemption_fee_cents" INTEGER NOT NULL,

    CONSTRAINT "order_discounts_pkey" PRIMARY KEY ("order_id","user_coupon_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE UNIQUE INDEX "agents_user_id_key" ON "agents"("user_id");

-- CreateIndex
CREATE INDEX "agents_dataset_id_agent_id_idx" ON "agents"("dataset_id", "agent_id");

-- CreateIndex
CREATE UNIQUE INDEX "stores_dataset_id_code_key" ON "stores"("dataset_id", "code");

-- CreateIndex
CREATE UNIQUE INDEX "categories_dataset_id_name_key" ON "categories"("dataset_id", "name");

-- CreateIndex
CREATE INDEX "products_dataset_id_category_idx" ON "products"("dataset_id", "category");

-- CreateIndex
CREATE INDEX "products_dataset_id_brand_idx" ON "products"("dataset_id", "brand");

-- CreateIndex
CREATE UNIQUE INDEX "products_dataset_id_sku_key" ON "products"("dataset_id", "sku");

-- CreateIndex
CREATE UNIQUE INDEX "campaigns_dataset_id_code_key" ON "campaigns"("dataset_id", "code");

-- CreateIndex
CREATE INDEX "coupons_dataset_id_scope_is_active_idx" ON "coupons"("dataset_id", "scope", "is_active");

-- CreateIndex
CREATE UNIQUE INDEX "coupons_dataset_id_code_key" ON "coupons"("dataset_id", "code");

-- CreateIndex
CREATE INDEX "simulation_agents_agent_id_idx" ON "simulation_agents"("agent_id");

-- CreateIndex
CREATE UNIQUE INDEX "offer_cycles_simulation_id_cycle_number_key" ON "offer_cycles"("simulation_id", "cycle_number");

-- CreateIndex
CREATE INDEX "user_offer_cycles_current_cycle_id_idx" ON "user_offer_cycles"("current_cycle_id");

-- CreateIndex
CREATE UNIQUE INDEX "user_offer_cycles_simulation_id_user_id_key" ON "user_offer_cycles"("simulation_id", "user_id");

-- CreateIndex
CREATE INDEX "offer_deals_offer_cycle_id_idx" ON "offer_deals"("offer_cycle_id");

-- CreateIndex
CREATE UNIQUE INDEX "offer_deals_simulation_id_user_id_offer_cycle_id_key" ON "offer_deals"("simulation_id", "user_id", "offer_cycle_id");

-- CreateIndex
CREATE INDEX "user_coupons_user_id_simulation_id_status_idx" ON "user_coupons"("user_id", "simulation_id", "status");

-- CreateIndex
CREATE INDEX "user_coupons_offer_cycle_id_idx" ON "user_coupons"("offer_cycle_id");

-- CreateIndex
CREATE INDEX "user_coupons_coupon_id_idx" ON "user_coupons"("coupon_id");

-- CreateIndex
CREATE INDEX "user_coupons_order_id_idx" ON "user_coupons"("order_id");

-- CreateIndex
CREATE UNIQUE INDEX "user_coupons_simulation_id_user_id_offer_cycle_id_coupon_id_key" ON "user_coupons"("simulation_id", "user_id", "offer_cycle_id", "coupon_id");

-- CreateIndex
CREATE INDEX "shopping_days_simulation_id_simulated_date_status_idx" ON "shopping_days"("simulation_id", "simulated_date", "status");

-- CreateIndex
CREATE INDEX "shopping_sessions_simulation_id_simulated_date_idx" ON "shopping_sessions"("simulation_id", "simulated_date");

-- CreateIndex
CREATE INDEX "shopping_sessions_user_id_idx" ON "shopping_sessions"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "shopping_sessions_simulation_id_agent_id_simulated_date_tri_key" ON "shopping_sessions"("simulation_id", "agent_id", "simulated_date", "trip_number");

-- CreateIndex
CREATE INDEX "shopping_session_events_event_type_idx" ON "shopping_session_events"("event_type");

-- CreateIndex
CREATE INDEX "coupon_impressions_user_coupon_id_idx" ON "coupon_impressions"("user_coupon_id");

-- CreateIndex
CREATE INDEX "cart_items_product_id_idx" ON "cart_items"("product_id");

-- CreateIndex
CREATE UNIQUE INDEX "orders_session_id_key" ON "orders"("session_id");

-- CreateIndex
CREATE INDEX "orders_user_id_idx" ON "orders"("user_id");

-- CreateIndex
CREATE INDEX "orders_simulation_id_simulated_at_idx" ON "orders"("simulation_id", "simulated_at");

-- CreateIndex
CREATE UNIQUE INDEX "orders_simulation_id_idempotency_key_key" ON "orders"("simulation_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "order_lines_product_id_idx" ON "order_lines"("product_id");

-- CreateIndex
CREATE INDEX "order_discounts_user_coupon_id_idx" ON "order_discounts"("user_coupon_id");

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "agents" ADD CONSTRAINT "agents_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "stores" ADD CONSTRAINT "stores_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "categories" ADD CONSTRAINT "categories_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "products" ADD CONSTRAINT "products_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "products" ADD CONSTRAINT "products_dataset_id_category_fkey" FOREIGN KEY ("dataset_id", "category") REFERENCES "categories"("dataset_id", "name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "product_prices" ADD CONSTRAINT "product_prices_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_dataset_id_fkey" FOREIGN KEY ("dataset_id") REFERENCES "datasets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupons" ADD CONSTRAINT "coupons_campaign_id_fkey" FOREIGN KEY ("campaign_id") REFERENCES "campaigns"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "simulation_agents" ADD CONSTRAINT "simulation_agents_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "simulation_agents" ADD CONSTRAINT "simulation_agents_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("agent_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "offer_cycles" ADD CONSTRAINT "offer_cycles_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_offer_cycles" ADD CONSTRAINT "user_offer_cycles_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_offer_cycles" ADD CONSTRAINT "user_offer_cycles_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_offer_cycles" ADD CONSTRAINT "user_offer_cycles_current_cycle_id_fkey" FOREIGN KEY ("current_cycle_id") REFERENCES "offer_cycles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "offer_deals" ADD CONSTRAINT "offer_deals_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "offer_deals" ADD CONSTRAINT "offer_deals_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "offer_deals" ADD CONSTRAINT "offer_deals_offer_cycle_id_fkey" FOREIGN KEY ("offer_cycle_id") REFERENCES "offer_cycles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_coupon_id_fkey" FOREIGN KEY ("coupon_id") REFERENCES "coupons"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_offer_cycle_id_fkey" FOREIGN KEY ("offer_cycle_id") REFERENCES "offer_cycles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupons" ADD CONSTRAINT "user_coupons_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "user_coupon_transitions" ADD CONSTRAINT "user_coupon_transitions_user_coupon_id_fkey" FOREIGN KEY ("user_coupon_id") REFERENCES "user_coupons"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_days" ADD CONSTRAINT "shopping_days_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_days" ADD CONSTRAINT "shopping_days_simulation_id_agent_id_fkey" FOREIGN KEY ("simulation_id", "agent_id") REFERENCES "simulation_agents"("simulation_id", "agent_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_sessions" ADD CONSTRAINT "shopping_sessions_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_sessions" ADD CONSTRAINT "shopping_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_sessions" ADD CONSTRAINT "shopping_sessions_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "agents"("agent_id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_sessions" ADD CONSTRAINT "shopping_sessions_store_id_fkey" FOREIGN KEY ("store_id") REFERENCES "stores"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_sessions" ADD CONSTRAINT "shopping_sessions_simulation_id_agent_id_simulated_date_fkey" FOREIGN KEY ("simulation_id", "agent_id", "simulated_date") REFERENCES "shopping_days"("simulation_id", "agent_id", "simulated_date") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "shopping_session_events" ADD CONSTRAINT "shopping_session_events_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "shopping_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "choice_sets" ADD CONSTRAINT "choice_sets_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "shopping_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupon_impressions" ADD CONSTRAINT "coupon_impressions_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "shopping_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "coupon_impressions" ADD CONSTRAINT "coupon_impressions_user_coupon_id_fkey" FOREIGN KEY ("user_coupon_id") REFERENCES "user_coupons"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "shopping_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_simulation_id_fkey" FOREIGN KEY ("simulation_id") REFERENCES "simulation_state"("simulation_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "orders" ADD CONSTRAINT "orders_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "shopping_sessions"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_discounts" ADD CONSTRAINT "order_discounts_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "order_discounts" ADD CONSTRAINT "order_discounts_user_coupon_id_fkey" FOREIGN KEY ("user_coupon_id") REFERENCES "user_coupons"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- =========================================================================================================
-- What the schema language cannot say. Everything below is written by hand.
-- =========================================================================================================

-- Production rows have no simulation; their business keys are unique all the same.
DROP INDEX "offer_cycles_simulation_id_cycle_number_key";
CREATE UNIQUE INDEX "offer_cycles_simulation_id_cycle_number_key" ON "offer_cycles"("simulation_id", "cycle_number") NULLS NOT DISTINCT;
DROP INDEX "user_offer_cycles_simulation_id_user_id_key";
CREATE UNIQUE INDEX "user_offer_cycles_simulation_id_user_id_key" ON "user_offer_cycles"("simulation_id", "user_id") NULLS NOT DISTINCT;
DROP INDEX "offer_deals_simulation_id_user_id_offer_cycle_id_key";
CREATE UNIQUE INDEX "offer_deals_simulation_id_user_id_offer_cycle_id_key" ON "offer_deals"("simulation_id", "user_id", "offer_cycle_id") NULLS NOT DISTINCT;
DROP INDEX "user_coupons_simulation_id_user_id_offer_cycle_id_coupon_id_key";
CREATE UNIQUE INDEX "user_coupons_simulation_id_user_id_offer_cycle_id_coupon_id_key" ON "user_coupons"("simulation_id", "user_id", "offer_cycle_id", "coupon_id") NULLS NOT DISTINCT;
DROP INDEX "orders_simulation_id_idempotency_key_key";
CREATE UNIQUE INDEX "orders_simulation_id_idempotency_key_key" ON "orders"("simulation_id", "idempotency_key") NULLS NOT DISTINCT;

-- Values -----------------------------------------------------------------------------------------------------

ALTER TABLE "agents"
  ADD CONSTRAINT "agents_age_group_check" CHECK ("age_group" IN ('18-24', '25-34', '35-44', '45-54', '55-64', '65+')),
  ADD CONSTRAINT "agents_age_check" CHECK ("age" BETWEEN 18 AND 100),
  ADD CONSTRAINT "agents_gender_check" CHECK ("gender" IN ('female', 'male', 'other', 'undisclosed')),
  ADD CONSTRAINT "agents_income_bracket_check" CHECK ("income_bracket" IN ('low', 'medium', 'high', 'affluent')),
  ADD CONSTRAINT "agents_household_size_check" CHECK ("household_size" BETWEEN 1 AND 10),
  ADD CONSTRAINT "agents_shopping_frequency_check" CHECK ("shopping_frequency" IN ('frequent', 'regular', 'occasional', 'rare')),
  ADD CONSTRAINT "agents_deal_seeking_behavior_check" CHECK ("deal_seeking_behavior" IN ('passive', 'observer', 'active_hunter', 'extreme')),
  ADD CONSTRAINT "agents_traits_check" CHECK (
    "price_sensitivity" BETWEEN 0 AND 1 AND "brand_loyalty" BETWEEN 0 AND 1 AND "impulsivity" BETWEEN 0 AND 1
    AND "tech_savviness" BETWEEN 0 AND 1 AND "coupon_affinity" BETWEEN 0 AND 1),
  ADD CONSTRAINT "agents_shares_check" CHECK (
    abs("pref_day_weekday" + "pref_day_saturday" + "pref_day_sunday" - 1) < 0.0001
    AND abs("pref_time_morning" + "pref_time_afternoon" + "pref_time_evening" - 1) < 0.0001
    AND least("pref_day_weekday", "pref_day_saturday", "pref_day_sunday",
              "pref_time_morning", "pref_time_afternoon", "pref_time_evening") >= 0),
  ADD CONSTRAINT "agents_money_check" CHECK ("weekly_budget_cents" > 0 AND "avg_cart_value_cents" > 0),
  ADD CONSTRAINT "agents_visit_rate_check" CHECK ("visit_rate" > 0 AND "visit_rate" < 1);

ALTER TABLE "stores" ADD CONSTRAINT "stores_money_check" CHECK ("shipping_fee_cents" >= 0 AND "free_shipping_threshold_cents" >= 0);
ALTER TABLE "categories" ADD CONSTRAINT "categories_values_check" CHECK ("basket_weight" > 0 AND "repurchase_gap_days" > 0);
ALTER TABLE "products" ADD CONSTRAINT "products_values_check" CHECK (
  "regular_price_cents" > 0 AND "unit_cost_cents" BETWEEN 0 AND "regular_price_cents" AND "popularity" > 0);
ALTER TABLE "product_prices" ADD CONSTRAINT "product_prices_values_check" CHECK (
  "week" BETWEEN 1 AND 53 AND "regular_price_cents" > 0 AND "promotional_price_cents" BETWEEN 1 AND "regular_price_cents");
ALTER TABLE "campaigns" ADD CONSTRAINT "campaigns_budget_check" CHECK ("budget_cents" > 0);

ALTER TABLE "coupons"
  ADD CONSTRAINT "coupons_scope_check" CHECK (
    ("scope" = 'frontstore' AND "category" IS NULL AND "brand" IS NULL)
    OR ("scope" = 'category' AND "category" IS NOT NULL AND "brand" IS NULL)
    OR ("scope" = 'brand' AND "brand" IS NOT NULL)),
  ADD CONSTRAINT "coupons_kind_check" CHECK (
    ("kind" = 'percent' AND "percent_off" > 0 AND "percent_off" <= 100 AND "amount_off_cents" IS NULL)
    OR ("kind" = 'fixed' AND "amount_off_cents" > 0 AND "percent_off" IS NULL)
    OR ("kind" = 'bogo' AND "scope" <> 'frontstore' AND "percent_off" IS NULL AND "amount_off_cents" IS NULL)
    OR ("kind" = 'free_shipping' AND "scope" = 'frontstore' AND "percent_off" IS NULL AND "amount_off_cents" IS NULL)),
  ADD CONSTRAINT "coupons_funding_check" CHECK (
    ("funding" = 'retailer' AND "vendor_share_percent" = 0)
    OR ("funding" = 'vendor' AND "vendor_share_percent" = 100)
    OR ("funding" = 'shared' AND "vendor_share_percent" BETWEEN 0 AND 100)),
  ADD CONSTRAINT "coupons_money_check" CHECK ("min_spend_cents" >= 0 AND "fee_per_redemption_cents" >= 0 AND "max_discount_cents" > 0);

ALTER TABLE "simulation_state"
  ADD CONSTRAINT "simulation_state_status_check" CHECK ("status" IN ('running', 'paused', 'completed', 'stopped', 'failed', 'cancelled')),
  ADD CONSTRAINT "simulation_state_days_check" CHECK ("committed_days" >= 0 AND "simulated_date" = "start_date" + "committed_days"),
  ADD CONSTRAINT "simulation_state_cycle_check" CHECK ("cycle_number" >= 0);

ALTER TABLE "offer_cycles" ADD CONSTRAINT "offer_cycles_window_check" CHECK (
  "cycle_number" >= 1 AND "simulated_end_date" > "simulated_start_date" AND "ends_at" >= "started_at");

ALTER TABLE "user_coupons"
  ADD CONSTRAINT "user_coupons_status_check" CHECK ("status" IN ('active', 'reserved', 'redeemed', 'expired', 'removed')),
  ADD CONSTRAINT "user_coupons_closed_reason_check" CHECK (
    (("status" IN ('expired', 'removed')) = ("closed_reason" IS NOT NULL))
    AND "closed_reason" IN ('cycle_boundary', 'expiry_date', 'capacity', 'reset')),
  ADD CONSTRAINT "user_coupons_order_check" CHECK ("status" <> 'redeemed' OR "order_id" IS NOT NULL),
  ADD CONSTRAINT "user_coupons_times_check" CHECK (
    "expires_simulated_at" > "assigned_simulated_at" AND "status_simulated_at" >= "assigned_simulated_at"
    AND ("status" <> 'redeemed' OR "status_simulated_at" < "expires_simulated_at")),
  ADD CONSTRAINT "user_coupons_probability_check" CHECK ("assignment_probability" > 0 AND "assignment_probability" <= 1);

ALTER TABLE "shopping_days"
  ADD CONSTRAINT "shopping_days_status_check" CHECK ("status" IN ('home', 'planned', 'completed', 'failed', 'quarantined')),
  ADD CONSTRAINT "shopping_days_completed_check" CHECK (("status" = 'completed') = ("result" IS NOT NULL AND "state_after" IS NOT NULL)),
  ADD CONSTRAINT "shopping_days_failed_check" CHECK ("status" <> 'failed' OR "failure" IS NOT NULL);

ALTER TABLE "shopping_sessions"
  ADD CONSTRAINT "shopping_sessions_outcome_check" CHECK ("outcome" IN ('completed', 'abandoned', 'empty_cart')),
  ADD CONSTRAINT "shopping_sessions_reason_check" CHECK (("outcome" = 'completed') = ("abandon_reason" IS NULL)),
  ADD CONSTRAINT "shopping_sessions_channel_check" CHECK ("channel" IN ('in_store', 'online')),
  ADD CONSTRAINT "shopping_sessions_times_check" CHECK (
    "ended_simulated_at" >= "started_simulated_at"
    AND ("simulated_date" IS NULL OR (("started_simulated_at" AT TIME ZONE 'UTC')::date = "simulated_date"
                                      AND ("ended_simulated_at" AT TIME ZONE 'UTC')::date = "simulated_date")));

ALTER TABLE "shopping_session_events" ADD CONSTRAINT "shopping_session_events_sequence_check" CHECK ("sequence" >= 1);
ALTER TABLE "choice_sets" ADD CONSTRAINT "choice_sets_parallel_check" CHECK (
  "chosen_sku" = ANY ("shown_skus")
  AND cardinality("shown_skus") = cardinality("shelf_price_cents")
  AND cardinality("shown_skus") = cardinality("effective_price_cents")
  AND cardinality("shown_skus") = cardinality("is_featured")
  AND cardinality("shown_skus") = cardinality("is_displayed")
  AND cardinality("shown_skus") = cardinality("utilities")
  AND cardinality("shown_skus") = cardinality("noise")
  AND cardinality("shown_skus") = cardinality("probabilities"));
ALTER TABLE "coupon_impressions" ADD CONSTRAINT "coupon_impressions_funnel_check" CHECK (
  ("is_shown" OR NOT "is_noticed") AND ("is_noticed" OR NOT "is_opened") AND "notice_probability" BETWEEN 0 AND 1);
ALTER TABLE "cart_items" ADD CONSTRAINT "cart_items_values_check" CHECK (
  "quantity" > 0 AND "unit_price_cents" > 0 AND "regular_price_cents" >= "unit_price_cents");

ALTER TABLE "orders"
  ADD CONSTRAINT "orders_status_check" CHECK ("status" IN ('completed', 'cancelled')),
  ADD CONSTRAINT "orders_total_check" CHECK (
    "total_cents" = "subtotal_cents" + "shipping_cents" - "discount_cents"
    AND least("total_cents", "subtotal_cents", "shipping_cents", "discount_cents", "unit_cost_cents", "vendor_funded_cents", "redemption_fee_cents") >= 0),
  ADD CONSTRAINT "orders_simulated_check" CHECK ("is_simulated" = ("simulation_id" IS NOT NULL) AND "is_simulated" = ("simulated_at" IS NOT NULL)),
  ADD CONSTRAINT "orders_cancelled_check" CHECK ("cancelled_simulated_at" IS NULL OR "status" = 'cancelled');
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_values_check" CHECK (
  "quantity" > 0 AND "unit_price_cents" > 0 AND least("line_discount_cents", "order_discount_cents", "unit_cost_cents") >= 0
  AND "line_discount_cents" + "order_discount_cents" <= "quantity" * "unit_price_cents");
ALTER TABLE "order_discounts"
  ADD CONSTRAINT "order_discounts_target_check" CHECK ("target" IN ('lines', 'basket', 'shipping')),
  ADD CONSTRAINT "order_discounts_values_check" CHECK (
    "amount_cents" > 0 AND "vendor_funded_cents" BETWEEN 0 AND "amount_cents" AND "redemption_fee_cents" >= 0);

-- At most one redemption of a user coupon stands; a cancelled order's no longer does.
CREATE FUNCTION "check_single_redemption"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM "order_discounts" d JOIN "orders" o ON o."id" = d."order_id"
    WHERE d."user_coupon_id" = NEW."user_coupon_id" AND d."order_id" <> NEW."order_id" AND o."status" = 'completed'
  ) THEN
    RAISE EXCEPTION 'user coupon % is already redeemed', NEW."user_coupon_id" USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "order_discounts_single_redemption" BEFORE INSERT ON "order_discounts"
  FOR EACH ROW EXECUTE FUNCTION "check_single_redemption"();

-- Coupon transitions -----------------------------------------------------------------------------------------

CREATE FUNCTION "check_coupon_transition"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."status" = OLD."status" THEN
    RETURN NEW;
  END IF;
  IF NOT (
    (OLD."status" = 'active' AND NEW."status" IN ('reserved', 'redeemed', 'expired', 'removed'))
    OR (OLD."status" = 'reserved' AND NEW."status" IN ('active', 'redeemed', 'expired', 'removed'))
    OR (OLD."status" = 'redeemed' AND NEW."status" IN ('active', 'expired')
        AND EXISTS (SELECT 1 FROM "orders" o WHERE o."id" = OLD."order_id" AND o."status" = 'cancelled'))
  ) THEN
    RAISE EXCEPTION 'user coupon % cannot go from % to %', OLD."id", OLD."status", NEW."status" USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."status_simulated_at" < OLD."status_simulated_at" THEN
    RAISE EXCEPTION 'user coupon % cannot change in its own past', OLD."id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "user_coupons_transition" BEFORE UPDATE ON "user_coupons"
  FOR EACH ROW EXECUTE FUNCTION "check_coupon_transition"();

-- The ledger.
CREATE FUNCTION "write_coupon_deals"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "user_coupon_transitions" ("user_coupon_id", "sequence", "from_status", "to_status", "closed_reason", "simulated_at")
  SELECT "id", 1, NULL, "status", "closed_reason", "status_simulated_at" FROM new_rows;
  RETURN NULL;
END $$;
CREATE TRIGGER "user_coupons_ledger_insert" AFTER INSERT ON "user_coupons" REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "write_coupon_deals"();

CREATE FUNCTION "write_coupon_transitions"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "user_coupon_transitions" ("user_coupon_id", "sequence", "from_status", "to_status", "closed_reason", "simulated_at")
  SELECT n."id",
         (SELECT max(t."sequence") + 1 FROM "user_coupon_transitions" t WHERE t."user_coupon_id" = n."id"),
         o."status", n."status", n."closed_reason", n."status_simulated_at"
  FROM new_rows n JOIN old_rows o ON o."id" = n."id"
  WHERE n."status" <> o."status";
  RETURN NULL;
END $$;
CREATE TRIGGER "user_coupons_ledger_update" AFTER UPDATE ON "user_coupons" REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "write_coupon_transitions"();

CREATE FUNCTION "refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER "user_coupon_transitions_append_only" BEFORE UPDATE ON "user_coupon_transitions"
  FOR EACH ROW EXECUTE FUNCTION "refuse_change"();

-- Wallet capacity: never more open coupons than the simulation's configuration allows (production: 32).
CREATE FUNCTION "check_wallet_capacity"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  full_wallet record;
BEGIN
  SELECT c."simulation_id", c."user_id", count(*) AS "open", coalesce((s."config" ->> 'walletCapacity')::int, 32) AS "capacity"
  INTO full_wallet
  FROM (SELECT DISTINCT "simulation_id", "user_id" FROM new_rows WHERE "status" IN ('active', 'reserved')) a
  JOIN "user_coupons" c ON c."user_id" = a."user_id" AND c."simulation_id" IS NOT DISTINCT FROM a."simulation_id"
  LEFT JOIN "simulation_state" s ON s."simulation_id" = c."simulation_id"
  WHERE c."status" IN ('active', 'reserved')
  GROUP BY c."simulation_id", c."user_id", s."config"
  HAVING count(*) > coalesce((s."config" ->> 'walletCapacity')::int, 32)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'wallet of user % in simulation % would hold % coupons, capacity is %',
      full_wallet."user_id", full_wallet."simulation_id", full_wallet."open", full_wallet."capacity" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER "user_coupons_capacity_insert" AFTER INSERT ON "user_coupons" REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "check_wallet_capacity"();
CREATE TRIGGER "user_coupons_capacity_update" AFTER UPDATE ON "user_coupons" REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION "check_wallet_capacity"();

-- Simulated time only moves forward, and a finished simulation stays finished.
CREATE FUNCTION "check_simulation_forward"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW."committed_days" < OLD."committed_days" OR NEW."cycle_number" < OLD."cycle_number" THEN
    RAISE EXCEPTION 'simulation % cannot go back from day % to day %', OLD."simulation_id", OLD."committed_days", NEW."committed_days"
      USING ERRCODE = 'check_violation';
  END IF;
  IF NEW."config" <> OLD."config" OR NEW."seed" <> OLD."seed" OR NEW."start_date" <> OLD."start_date" THEN
    RAISE EXCEPTION 'the configuration of simulation % is fixed', OLD."simulation_id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "simulation_state_forward" BEFORE UPDATE ON "simulation_state"
  FOR EACH ROW EXECUTE FUNCTION "check_simulation_forward"();

-- A lived day stays as it was lived.
CREATE FUNCTION "check_shopping_day"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD."status" = 'completed' THEN
    RAISE EXCEPTION 'the day % of agent % is completed', OLD."simulated_date", OLD."agent_id" USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "shopping_days_completed" BEFORE UPDATE ON "shopping_days"
  FOR EACH ROW EXECUTE FUNCTION "check_shopping_day"();
