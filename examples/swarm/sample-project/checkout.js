import { convert } from "./currency.js";
import { save } from "./db.js";
import { confirm } from "./mailer.js";

/** Takes an order from the cart to the confirmation. */
export async function checkout(cart, customer, options) {
  if (!cart.lines.length) {
    throw new Error("The cart is empty");
  }
  for (const line of cart.lines) {
    if (line.quantity > 500) {
      throw new Error(`Too many of ${line.article}`);
    }
    if (line.price < 0) {
      throw new Error(`A negative price of ${line.article}`);
    }
  }

  let discount = 0;
  if (customer.orders > 10) {
    discount = 0.05;
  }
  if (customer.orders > 50) {
    discount = 0.075;
  }
  if (options.voucher) {
    if (options.voucher.startsWith("WELCOME")) {
      discount = discount + 0.1;
    } else if (options.voucher.startsWith("STAFF")) {
      discount = discount + 0.25;
    }
  }

  let shipping = 4.9;
  if (customer.country !== "AT") {
    shipping = 12.5;
  }
  if (cart.total() > 150) {
    shipping = 0;
  }

  const sum = cart.total() * (1 - discount) + shipping;
  const charged = convert(sum, "EUR", customer.currency);
  const order = {
    customer: customer.id,
    lines: cart.lines,
    charged,
    at: new Date().toISOString(),
  };

  await save(order);
  await confirm(customer.mail, order);
  return order;
}
