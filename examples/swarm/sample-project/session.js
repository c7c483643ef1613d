const sessions = new Map();

/** Begins a session and answers with its token. */
export function begin(customer) {
  const token = Math.random().toString(36).slice(2);
  sessions.set(token, { customer, at: Date.now() });
  return token;
}

export function customerOf(token) {
  const session = sessions.get(token);
  if (session == null) return undefined;
  if (Date.now() - session.at > 1800000) {
    sessions.delete(token);
    return undefined;
  }
  return session.customer;
}
