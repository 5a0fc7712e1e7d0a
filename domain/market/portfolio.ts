import { BUY } from './order.ts';

/** Cash, shares and what was earned, as somebody learns of it fill by fill. Cost is the average of what is held. */
export class Portfolio {
  inventory = 0;
  private tradedCents: number;
  private earnedCents = 0;
  /** Paid so far, in hundredths of a cent; rebates are below 0. */
  private feeHundredths = 0;
  /** What the shares held were bought for, or sold short for (then below 0). */
  private costCents = 0;

  constructor(startingCashCents: number) {
    this.tradedCents = startingCashCents;
  }

  /** After fees, in whole cents. */
  get cashCents(): number {
    return this.tradedCents - this.feeCents;
  }

  /** Earned by what was closed, after all fees, in cents; not whole ones, since a cost is a mean. */
  get realizedCents(): number {
    return this.earnedCents - this.feeCents;
  }

  private get feeCents(): number {
    return Math.round(this.feeHundredths / 100);
  }

  /** @param side `BUY` or `SELL` @param feeHundredths paid for it, in hundredths of a cent; a rebate is below 0 */
  filled(side: number, quantity: number, priceCents: number, feeHundredths = 0): void {
    const signed = side === BUY ? quantity : -quantity;
    this.tradedCents -= signed * priceCents;
    this.feeHundredths += feeHundredths;
    const closes = this.inventory !== 0 && this.inventory > 0 !== signed > 0;
    if (closes) {
      const closed = Math.min(Math.abs(signed), Math.abs(this.inventory));
      const cost = (this.costCents * closed) / Math.abs(this.inventory);
      const proceeds = (signed > 0 ? -1 : 1) * closed * priceCents;
      this.earnedCents += proceeds - cost;
      this.costCents -= cost;
      const opened = Math.abs(signed) - closed;
      this.costCents += Math.sign(signed) * opened * priceCents;
    } else this.costCents += signed * priceCents;
    this.inventory += signed;
    if (this.inventory === 0) this.costCents = 0;
  }

  /** Cash and shares at a price; without one the shares count nothing. */
  valueAt(priceCents: number | null): number {
    return this.cashCents + (priceCents === null ? 0 : this.inventory * priceCents);
  }

  unrealizedAt(priceCents: number | null): number {
    return priceCents === null ? 0 : this.inventory * priceCents - this.costCents;
  }
}
