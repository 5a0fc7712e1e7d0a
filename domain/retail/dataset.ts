import type { Category, Product, ProductPrice, Store } from './catalog.ts';
import type { Campaign, Coupon } from './coupon.ts';
import type { Persona } from './persona.ts';

/** Everything a simulation is set up from, under one name: who shops, what is sold, which offers exist. */
export type Dataset = {
  id: string;
  title: string;
  /** What its publisher says about its use; shown wherever results of it are. */
  notice: string | null;
  /** ISO 4217 code; amounts are in its hundredths. */
  currency: string;
  stores: Store[];
  categories: Category[];
  products: Product[];
  prices: ProductPrice[];
  campaigns: Campaign[];
  coupons: Coupon[];
  agents: Persona[];
};
