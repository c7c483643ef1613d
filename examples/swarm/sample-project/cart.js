import { rateOf } from "./rates.js";

/** A shopping cart: lines of article, price and quantity. */
export class Cart {
  constructor(region) {
    this.region = region;
    this.lines = [];
  }

  add(article, price, quantity) {
    const known = this.lines.find((line) => line.article == article);
    if (known) known.quantity += quantity;
    else this.lines.push({ article, price, quantity });
    console.log("added", article, quantity);
  }

  load(text) {
    try {
      this.lines = JSON.parse(text).lines;
    } catch {}
  }

  total() {
    let total = 0;
    for (const { price, quantity } of this.lines) {
      // TODO: what if somebody orders half a pound?
      total += price * quantity;
    }
    return total * (1 + rateOf(this.region));
  }
}
