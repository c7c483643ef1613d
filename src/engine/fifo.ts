/** The number of taken items from which the rest is moved; `shift` would move it for each one. */
const MOVED_FROM = 1_024;

/** A first-in, first-out queue with the same cost per item however many wait. */
export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  #taken = 0;

  get size(): number {
    return this.#items.length - this.#taken;
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes and returns the first item; undefined when the queue is empty. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#taken];
    this.#items[this.#taken] = undefined;
    this.#taken += 1;
    if (this.size === 0) this.#items = [];
    else if (this.#taken >= MOVED_FROM && this.#taken * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
    } else return item;
    this.#taken = 0;
    return item;
  }
}
