import { NotFoundError } from '../domain/errors.ts';
import { indexCatalog } from '../domain/retail/catalog-index.ts';
import type { CatalogIndex } from '../domain/retail/catalog-index.ts';
import { Coupon } from '../domain/retail/coupon.ts';
import type { Database } from './client.ts';

/** Everything of a dataset that shoppers meet, with the ids that rows refer to. */
export type LoadedCatalog = {
  readonly index: CatalogIndex;
  readonly currency: string;
  readonly productIds: ReadonlyMap<string, number>;
  readonly storeIds: ReadonlyMap<string, number>;
  readonly couponById: ReadonlyMap<number, Coupon>;
  readonly couponIdByCode: ReadonlyMap<string, number>;
  /** Discount that a campaign may give in one simulation, by code; unlimited ones are not in it. */
  readonly campaignBudgets: ReadonlyMap<string, number>;
};

/** @throws NotFoundError when the dataset was never loaded */
export async function loadCatalog(db: Database, datasetId: string): Promise<LoadedCatalog> {
  const dataset = await db.dataset.findUnique({ where: { id: datasetId } });
  if (dataset === null)
    throw new NotFoundError(`There is no dataset "${datasetId}": load one with \`mercato seed agents\`.`);
  const [stores, categories, products, prices, coupons] = await Promise.all([
    db.store.findMany({ where: { datasetId } }),
    db.category.findMany({ where: { datasetId } }),
    db.product.findMany({ where: { datasetId, isActive: true } }),
    db.productPrice.findMany({ where: { product: { datasetId } } }),
    db.coupon.findMany({ where: { datasetId }, include: { campaign: true } }),
  ]);
  const skuById = new Map(products.map((product) => [product.id, product.sku]));
  const couponById = new Map(
    coupons.map((row) => [row.id, Coupon.parse({ ...row, campaignCode: row.campaign.code })]),
  );
  return {
    index: indexCatalog({
      stores,
      categories,
      products: products.map((product) => ({ ...product, category: product.categoryName })),
      prices: prices.flatMap((price) => {
        const sku = skuById.get(price.productId);
        return sku === undefined ? [] : [{ ...price, sku }];
      }),
    }),
    currency: dataset.currency,
    productIds: new Map(products.map((product) => [product.sku, product.id])),
    storeIds: new Map(stores.map((store) => [store.code, store.id])),
    couponById,
    couponIdByCode: new Map(coupons.map((row) => [row.code, row.id])),
    campaignBudgets: new Map(
      coupons.flatMap(({ campaign: { code, budgetCents } }) =>
        budgetCents === null ? [] : [[code, budgetCents]],
      ),
    ),
  };
}
