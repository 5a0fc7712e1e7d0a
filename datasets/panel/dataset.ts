import type { Dataset } from '../../domain/retail/dataset.ts';
import type { Issue } from '../issue.ts';
import { ASSUMED_MARGIN, panelCatalogue } from './catalogue.ts';
import { householdsOf, sampleHouseholds } from './households.ts';
import { panelOffers } from './offers.ts';
import type { PanelOffers } from './offers.ts';
import { daysOf, windowOf } from './panel.ts';
import type { Panel, PanelWindow } from './panel.ts';
import { personasOf } from './personas.ts';
import { referenceOf, samplesOf } from './reference.ts';

// A panel as a dataset: its households as shoppers, what they bought as shelves, its coupons as offers.

/** Like most shops that deliver; a panel says nothing of it. */
const SHIPPING = { shippingFeeCents: 499, freeShippingThresholdCents: 3500 };

/**
 * Deterministic: the same panel and options give the same dataset.
 * @param households how many become agents; null for all that bought anything
 * @param window what the agents are made from and held against; catalogue, prices and offers are of the whole panel
 */
export function panelDataset(
  panel: Panel,
  { households: count, window = {} }: { households: number | null; window?: PanelWindow },
): { dataset: Dataset; warnings: Issue[] } {
  const seed = panel.id;
  const { categories, products, prices } = panelCatalogue(panel);
  const observed = windowOf(panel, window);
  const skus = new Set(products.map(({ sku }) => sku));
  const population = householdsOf(observed, (product) => skus.has(observed.products[product]!.id)).filter(
    ({ allLines }) => allLines > 0,
  );
  const sample = sampleHouseholds(population, count ?? population.length, seed);
  const offers = panelOffers(panel, categories, products, seed);
  const dataset = {
    id: panel.id,
    title: panel.title,
    notice: noticeOf(panel, offers),
    currency: panel.currency,
    // One shop, whatever the number of the panel's: its prices are those of all.
    stores: [{ code: 'PANEL-01', name: panel.storeName, region: panel.region, ...SHIPPING }],
    categories,
    products,
    prices,
    campaigns: offers.campaigns,
    coupons: offers.coupons,
    agents: personasOf(sample, { panel: observed, population, categories, seed }),
    reference: referenceOf(samplesOf(sample, daysOf(observed))),
  };
  return { dataset, warnings: warningsOf(panel, offers) };
}

/** What the publisher says, and what is not the panel's own. */
function noticeOf(panel: Panel, { madeUp }: PanelOffers): string {
  const added = [
    ...(panel.products.some(({ category, unitCost }) => category !== null && unitCost === null)
      ? [`unit costs that were not given (a margin of ${100 * ASSUMED_MARGIN} %)`]
      : []),
    'shipping fees',
    ...(panel.coupons.some(({ value }) => value === null) ? ['values of coupons that were not given'] : []),
    ...(madeUp > 0 ? [`${madeUp} coupons whose codes begin with MERCATO`] : []),
    'the attributes listed as imputed',
  ];
  return [...(panel.notice === null ? [] : [panel.notice]), `Added by Mercato: ${added.join(', ')}.`].join(
    ' ',
  );
}

function warningsOf(panel: Panel, { leftOut }: PanelOffers): Issue[] {
  if (leftOut === 0) return [];
  return [
    {
      severity: 'warning',
      sheet: 'coupons',
      row: null,
      column: null,
      value: null,
      problem: `${leftOut} of ${panel.coupons.length} are for products that the catalogue does not have, and left out`,
    },
  ];
}
