import type { PricedCart } from '../domain/retail/cart.ts';
import type { LoadedCatalog } from './catalog-store.ts';
import type { Row } from './rows.ts';

/** The rows of an order that its cart decides, whoever places it. */

export function orderMoney(cart: PricedCart): Row {
  return {
    subtotal_cents: cart.subtotalCents,
    discount_cents: cart.discountCents,
    shipping_cents: cart.shippingCents,
    total_cents: cart.totalCents,
    unit_cost_cents: cart.unitCostCents,
    vendor_funded_cents: cart.vendorFundedCents,
    redemption_fee_cents: cart.redemptionFeeCents,
  };
}

export function orderLineRows(orderId: string, cart: PricedCart, catalog: LoadedCatalog): Row[] {
  return cart.lines.map((line) => ({
    order_id: orderId,
    line_number: line.lineNumber,
    product_id: catalog.productIds.get(line.sku)!,
    quantity: line.quantity,
    regular_price_cents: line.regularPriceCents,
    unit_price_cents: line.unitPriceCents,
    unit_cost_cents: line.unitCostCents,
    line_discount_cents: line.lineDiscountCents,
    order_discount_cents: line.orderDiscountCents,
    user_coupon_id: line.userCouponId,
  }));
}

export function orderDiscountRows(orderId: string, cart: PricedCart): Row[] {
  return cart.discounts.map((discount) => ({
    order_id: orderId,
    user_coupon_id: discount.userCouponId,
    target: discount.target,
    amount_cents: discount.amountCents,
    vendor_funded_cents: discount.vendorFundedCents,
    redemption_fee_cents: discount.redemptionFeeCents,
  }));
}
