// The range of the invented grocer that `data/mercato.xlsx` describes. Repurchase gaps of soft drinks, milk, bread,
// cereal, eggs, coffee, bath tissue, detergent, hair care and vitamins are those of a real panel (The Complete
// Journey); the other gaps, the basket weights and the margins are assumed in proportion.

export type Department = 'dairy' | 'bakery' | 'drinks' | 'pantry' | 'snacks' | 'fresh' | 'meat' | 'frozen' | 'pets' | 'home' | 'care';

export type CategoryPlan = {
  name: string;
  department: Department;
  basketWeight: number;
  repurchaseGapDays: number;
  /** Typical regular price of a middle brand. */
  priceCents: number;
  /** Gross margin at the regular price of a middle brand, 0 to 1. */
  margin: number;
  /** Part of the category's value at regular prices that own labels have. */
  ownLabelShare: number;
  noun: string;
  variants: string[];
  sizes: string[];
};

export const OWN_LABELS = ['Mercato Basics', 'Mercato Select'] as const;

/** Invented makers, who sell across their department. */
export const MAKERS: Record<Department, string[]> = {
  dairy: ['Alderbrook', 'Meadowlark Farm', 'Cresthill', 'Valdora', 'Northpasture', 'Lumen Creamery'],
  bakery: ['Hearthstead', 'Grainwell', 'Old Mill Row', 'Bellmere', 'Sunfold', 'Corner Loaf'],
  drinks: ['Zephyra', 'Kolvana', 'Orchard Gate', 'Brightspring', 'Tarrow', 'Fizzmont'],
  pantry: ['Casa Merano', 'Larkspur Kitchen', 'Tinwright', 'Amberfield', 'Pelham & Rye', 'Goldenrod'],
  snacks: ['Crisply', 'Pocketful', 'Nutmeg Lane', 'Salterra', 'Twelve Bells', 'Jolliver'],
  fresh: ['Greenrow', 'Sunnyside Acres', 'Verdana Fields', 'Dewfall', 'Harvest Road'],
  meat: ['Ridgeback Ranch', 'Copper Creek', 'Stonebarn', 'Fairhollow', 'Wessel Brothers'],
  frozen: ['Frostline', 'Polar Pantry', 'Nonna Lucia', 'Icebridge', 'Snowdrift', 'Quickfire'],
  pets: ['Waggery', 'Whiskerfield', 'Barkwood', 'Trusty Bowl', 'Felina'],
  home: ['Cloudsoft', 'Brightwash', 'Purelle Home', 'Evercrisp', 'Tidewell'],
  care: ['Sylvane', 'Botanica Nine', 'Clearmont', 'Vitaris', 'Doralie', 'Mintham'],
};

export const CATEGORY_PLANS: CategoryPlan[] = [
  plan('Milk', 'dairy', 6, 9, 269, 0.2, 0.55, 'Milk', 'Whole|2 %|1 %|Skim|Organic Whole|Lactose-Free|Chocolate|Oat Blend', 'pint|half gallon|gallon'),
  plan('Eggs', 'dairy', 2.2, 18, 189, 0.2, 0.6, 'Eggs', 'Large|Extra Large|Jumbo|Brown|Cage-Free|Organic|Pasture|Omega', '6|12|18'),
  plan('Cheese', 'dairy', 5.2, 15, 299, 0.3, 0.38, 'Cheese', 'Mild Cheddar|Sharp Cheddar|Mozzarella|Swiss|Colby|Provolone|Parmesan|Pepper Jack|Gouda', '8 oz|16 oz'),
  plan('Yogurt', 'dairy', 4.8, 13, 75, 0.32, 0.22, 'Yogurt', 'Plain|Vanilla|Strawberry|Blueberry|Peach|Cherry|Greek Plain|Greek Honey|Lemon', '6 oz|32 oz'),
  plan('Bread', 'bakery', 6.2, 10, 209, 0.34, 0.33, 'Bread', 'White|Whole Wheat|Rye|Sourdough|Multigrain|Oat|Hamburger Rolls|Potato Rolls|Raisin', '16 oz|24 oz'),
  plan('Soft Drinks', 'drinks', 7, 7, 229, 0.3, 0.18, 'Soda', 'Cola|Diet Cola|Lemon Lime|Orange|Root Beer|Ginger Ale|Cherry Cola|Grape|Tonic', '2 l|6-pack|12-pack'),
  plan('Juice', 'drinks', 3.2, 15, 279, 0.32, 0.28, 'Juice', 'Orange|Apple|Cranberry|Grape|Pineapple|Tomato|Grapefruit|Berry Blend', '32 oz|64 oz'),
  plan('Coffee', 'drinks', 1.6, 21, 649, 0.3, 0.2, 'Coffee', 'House|Breakfast|Dark Roast|French Roast|Colombian|Decaf|Hazelnut|Espresso', '12 oz|30 oz'),
  plan('Cereal', 'pantry', 3.6, 16, 299, 0.27, 0.18, 'Cereal', 'Corn Flakes|Oat Rings|Honey Clusters|Raisin Bran|Rice Puffs|Granola|Cocoa Crunch|Muesli|Wheat Squares', '12 oz|18 oz'),
  plan('Soup', 'pantry', 3.8, 18, 105, 0.33, 0.22, 'Soup', 'Chicken Noodle|Tomato|Minestrone|Lentil|Mushroom|Clam Chowder|Beef Barley|Split Pea|Vegetable', '10 oz|18 oz'),
  plan('Pasta', 'pantry', 2.8, 20, 105, 0.34, 0.32, 'Pasta', 'Spaghetti|Penne|Elbows|Fusilli|Lasagne|Rigatoni|Egg Noodles|Whole Wheat Penne', '12 oz|16 oz|32 oz'),
  plan('Canned Vegetables', 'pantry', 3, 21, 69, 0.33, 0.46, 'Canned', 'Green Beans|Sweet Corn|Peas|Tomatoes|Carrots|Black Beans|Chickpeas|Mixed Vegetables|Beets', '8 oz|15 oz'),
  plan('Chips', 'snacks', 4.6, 12, 279, 0.35, 0.14, 'Chips', 'Salted|Barbecue|Sour Cream|Salt & Vinegar|Jalapeño|Tortilla|Kettle|Cheese|Multigrain', '5 oz|10 oz'),
  plan('Cookies & Crackers', 'snacks', 4.4, 13, 259, 0.34, 0.2, 'Cookies', 'Chocolate Chip|Oatmeal|Shortbread|Ginger|Sandwich|Butter Cracker|Saltine|Wheat Cracker|Graham', '8 oz|14 oz'),
  plan('Candy', 'snacks', 3.6, 16, 99, 0.38, 0.1, 'Candy', 'Milk Chocolate|Dark Chocolate|Gummies|Caramels|Mints|Liquorice|Peanut Butter Cups|Sour Drops|Nougat', 'bar|bag'),
  plan('Fruit', 'fresh', 6.2, 9, 199, 0.38, 0.3, 'Fruit', 'Bananas|Gala Apples|Red Grapes|Strawberries|Oranges|Pears|Blueberries|Lemons|Melon|Peaches', 'pack|large pack'),
  plan('Vegetables', 'fresh', 8, 8, 149, 0.38, 0.3, 'Vegetables', 'Carrots|Broccoli|Tomatoes|Onions|Potatoes|Peppers|Spinach|Salad Mix|Cucumbers|Mushrooms', 'pack|large pack'),
  plan('Beef', 'meat', 3.6, 14, 589, 0.25, 0.34, 'Beef', 'Ground Chuck|Ground Round|Sirloin|Ribeye|Chuck Roast|Stew|Brisket|Patties', '1 lb|2 lb|3 lb'),
  plan('Poultry', 'meat', 2.2, 19, 459, 0.26, 0.34, 'Chicken', 'Breasts|Thighs|Wings|Drumsticks|Whole|Tenders|Ground|Turkey Breast', '1 lb|2 lb|3 lb'),
  plan('Lunch Meat', 'meat', 3, 15, 299, 0.32, 0.26, 'Slices', 'Ham|Turkey|Bologna|Salami|Roast Beef|Chicken|Pastrami|Honey Ham', '8 oz|16 oz'),
  plan('Frozen Meals', 'frozen', 4.4, 16, 219, 0.33, 0.12, 'Frozen Meal', 'Lasagne|Chicken Alfredo|Meatloaf|Enchiladas|Stir-Fry|Mac & Cheese|Pot Pie|Burrito|Curry', '9 oz|20 oz'),
  plan('Frozen Pizza', 'frozen', 1.8, 24, 369, 0.32, 0.16, 'Pizza', 'Cheese|Pepperoni|Supreme|Four Cheese|Sausage|Vegetable|Hawaiian|Margherita', '12 oz|24 oz'),
  plan('Ice Cream', 'frozen', 2.4, 21, 339, 0.33, 0.28, 'Ice Cream', 'Vanilla|Chocolate|Strawberry|Butter Pecan|Cookies & Cream|Mint Chip|Coffee|Rocky Road|Sherbet', 'pint|1.5 qt'),
  plan('Pet Food', 'pets', 2.6, 14, 89, 0.26, 0.16, 'Pet Food', 'Dog Beef|Dog Chicken|Puppy|Dog Treats|Cat Tuna|Cat Salmon|Kitten|Cat Turkey|Cat Treats', 'can|bag|box'),
  plan('Baby Food', 'pantry', 1, 11, 85, 0.28, 0.14, 'Baby Food', 'Apple|Banana|Carrot|Sweet Potato|Pear|Peas|Oatmeal|Chicken & Rice|Mango', 'jar|2-pack'),
  plan('Bath Tissue', 'home', 1.6, 24, 559, 0.25, 0.3, 'Bath Tissue', 'Soft|Strong|Ultra|Quilted|Recycled|Sensitive|Aloe|Everyday', '4 rolls|12 rolls|24 rolls'),
  plan('Laundry Detergent', 'home', 1.2, 31, 649, 0.26, 0.2, 'Detergent', 'Original|Fresh Linen|Free & Clear|Lavender|Cold Water|Bleach|Sport|Baby', '50 oz|100 oz'),
  plan('Hair Care', 'care', 1.2, 31, 399, 0.36, 0.08, 'Shampoo', 'Moisture|Volume|Repair|Dandruff|Colour Care|Two in One|Curl|Daily', '12 oz|24 oz'),
  plan('Vitamins', 'care', 0.7, 46, 749, 0.42, 0.36, 'Vitamins', 'Multi|C|D3|B-Complex|Fish Oil|Calcium|Iron|Magnesium|Zinc', '60 tablets|120 tablets'),
  plan('Cosmetics', 'care', 0.7, 40, 599, 0.44, 0.04, 'Cosmetics', 'Mascara|Lipstick|Foundation|Nail Polish|Blush|Eyeliner|Powder|Concealer|Lip Balm', 'single|set'),
];

export const STORE_PLANS = [
  { code: 'NE-01', name: 'Mercato Harborview', region: 'Northeast', shippingFeeCents: 599, freeShippingThresholdCents: 5000 },
  { code: 'SE-01', name: 'Mercato Magnolia Square', region: 'Southeast', shippingFeeCents: 499, freeShippingThresholdCents: 3500 },
  { code: 'MW-01', name: 'Mercato Lakeshore', region: 'Midwest', shippingFeeCents: 499, freeShippingThresholdCents: 4000 },
  { code: 'SW-01', name: 'Mercato Red Mesa', region: 'Southwest', shippingFeeCents: 599, freeShippingThresholdCents: 4500 },
  { code: 'MT-01', name: 'Mercato Pine Summit', region: 'Mountain', shippingFeeCents: 699, freeShippingThresholdCents: 6000 },
  { code: 'PC-01', name: 'Mercato Bayfront', region: 'Pacific', shippingFeeCents: 599, freeShippingThresholdCents: 5000 },
];

function plan(
  name: string,
  department: Department,
  basketWeight: number,
  repurchaseGapDays: number,
  priceCents: number,
  margin: number,
  ownLabelShare: number,
  noun: string,
  variants: string,
  sizes: string,
): CategoryPlan {
  return { name, department, basketWeight, repurchaseGapDays, priceCents, margin, ownLabelShare, noun, variants: variants.split('|'), sizes: sizes.split('|') };
}
