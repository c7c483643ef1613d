import { createTransport } from "./transport.js";

const transport = createTransport();

/** Tells a customer that the order has arrived. */
export async function confirm(mail, order) {
  const text = `Dear customer, thank you for your order of ${order.lines.length} articles. We have charged ${order.charged} and will send everything within the next three days, unless the weather in the mountains is bad, in which case we will tell you.`;
  console.log("mail to", mail);
  // TODO: try again when the server is away
  await transport.send({ to: mail, subject: "Your order", text });
}
