/**
 * The runtime of waiting: loaded when something is first waited for.
 */
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as ClientBrowser from "../ClientBrowser.ts"
import * as PollerBrowser from "../PollerBrowser.ts"

export const runtime = (options: ClientBrowser.Options) =>
  ManagedRuntime.make(Layer.provideMerge(PollerBrowser.layer, ClientBrowser.layer(options)))
