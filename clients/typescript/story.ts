// The README's story with the generated client: from a customer to a paid invoice, and what programs do besides.
import createClient, { type Middleware } from "openapi-fetch";
import { strict as assert } from "node:assert";

import type { components, paths } from "../out/schema.js";

type Token = components["schemas"]["TokenOutput"];

const baseUrl = process.env.SKELETON_URL ?? "http://127.0.0.1:8080";
const api = createClient<paths>({ baseUrl });

/** Return the data of an answer, or throw the error that the server described. */
function expect<T>(answer: { data?: T; error?: components["schemas"]["ApiError"] }): T {
  if (answer.error) throw new Error(`${answer.error.error}: ${answer.error.message}`);
  assert(answer.data !== undefined);
  return answer.data;
}

async function signIn(): Promise<Token> {
  const email = process.env.SKELETON_EMAIL ?? "admin@skeleton.local";
  const password = process.env.SKELETON_PASSWORD ?? "03041965";
  const token = expect(await api.POST("/api/v1/auth/login", { body: { email, password } }));
  const authorize: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token.access_token}`);
      return request;
    },
  };
  api.use(authorize);
  return token;
}

async function sellAndGetPaid(): Promise<void> {
  const customer = expect(
    await api.POST("/api/v1/customers", {
      body: { name: "Acme Corp", email: "contact@acme.com", credit_limit: 100000, currency: "USD" },
    }),
  );
  const created = await api.POST("/api/v1/invoices", {
    body: {
      customer_id: customer.id,
      due_date: "2099-12-15",
      lines: [{ description: "Services", quantity: 1, unit_price: 50000, currency: "USD" }],
    },
  });
  const invoice = expect(created);
  assert.equal(created.response.headers.get("Location"), `/api/v1/invoices/${invoice.id}`);
  const path = { id: invoice.id };
  const sent = expect(await api.POST("/api/v1/invoices/{id}/send", { params: { path } }));
  assert.equal(sent.status, "sent");
  const payment = expect(
    await api.POST("/api/v1/invoices/{id}/payments", {
      params: { path },
      body: { amount: 50000, currency: "USD", method: "bank_transfer" },
    }),
  );
  assert.equal(payment.invoice_status, "paid");
}

async function upload(): Promise<void> {
  const content = new Blob(["hello"], { type: "text/plain" });
  const file = expect(
    await api.POST("/api/v1/files", {
      body: { file: "", purpose: "note" },
      bodySerializer: ({ purpose }) => {
        const form = new FormData();
        form.set("file", content, "note.txt");
        if (purpose) form.set("purpose", purpose);
        return form;
      },
    }),
  );
  assert.deepEqual([file.name, file.size], ["note.txt", 5]);
}

async function readAllPages(): Promise<void> {
  for (const name of ["First", "Second", "Third"]) {
    expect(await api.POST("/api/v1/customers", { body: { name, email: "a@example.com" } }));
  }
  const names: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = { cursor, limit: 2, sort_by: "name", sort_order: "asc" } as const;
    const page: components["schemas"]["CustomerPage"] = expect(await api.GET("/api/v1/customers", { params: { query } }));
    names.push(...page.items.map((customer) => customer.name));
    cursor = page.next_cursor ?? null;
  }
  assert.deepEqual(names, ["Acme Corp", "First", "Second", "Third"]);
}

/** Send a request twice with one key, as after a connection that broke: it takes effect once. */
async function tryAgain(): Promise<void> {
  const params = { header: { "Idempotency-Key": crypto.randomUUID() } };
  const body = { name: "Only once", email: "once@acme.com" };
  const first = expect(await api.POST("/api/v1/customers", { params, body }));
  const second = await api.POST("/api/v1/customers", { params, body });
  assert.deepEqual(expect(second), first);
  assert.equal(second.response.headers.get("Idempotency-Replayed"), "true");
  const { error, response } = await api.POST("/api/v1/customers", { params, body: { ...body, name: "Another" } });
  assert.equal(response.status, 422);
  assert.equal(error?.error, "idempotency_mismatch");
}

async function seeAnError(): Promise<void> {
  const { error, response } = await api.POST("/api/v1/customers", { body: { name: "", email: "nobody" } });
  assert.equal(response.status, 422);
  assert.equal(error?.error, "validation_error");
  assert.deepEqual(Object.keys(error?.details ?? {}).sort(), ["email", "name"]);
}

await signIn();
await sellAndGetPaid();
await upload();
await readAllPages();
await tryAgain();
await seeAnError();
console.log("done");
