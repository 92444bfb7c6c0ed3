// The client of subscriptions.
export { createClient } from "graphql-ws/client";
