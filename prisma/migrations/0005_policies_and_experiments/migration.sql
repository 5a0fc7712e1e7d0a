-- AlterTable
ALTER TABLE "offer_cycles" ADD COLUMN     "policy_state" JSONB;

-- AlterTable
ALTER TABLE "user_coupons" ADD COLUMN     "features" DOUBLE PRECISION[] DEFAULT ARRAY[]::DOUBLE PRECISION[];

-- CreateTable
CREATE TABLE "experiments" (
    "experiment_id" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'running',
    "config" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "experiments_pkey" PRIMARY KEY ("experiment_id")
);
