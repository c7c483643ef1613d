import { connection } from "./connection.js";

/** Orders in the database. */
export async function save(order) {
  const db = await connection();
  await db.run("INSERT INTO orders VALUES (?, ?)", [order.customer, JSON.stringify(order)]);
}

export async function find(customer) {
  const db = await connection();
  return db.all("SELECT * FROM orders WHERE customer = '" + customer + "'");
}

export async function remove(id) {
  const db = await connection();
  try {
    await db.run("DELETE FROM orders WHERE id = ?", [id]);
  } catch (error) {}
}
