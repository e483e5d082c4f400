/**
 * Traces, metrics and logs to an OpenTelemetry collector, as the environment has it by OpenTelemetry's own names
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/): nothing is sent before
 * `OTEL_EXPORTER_OTLP_ENDPOINT`, or that of one signal, is set.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import { ConfigurationInvalid } from "./Configuration.ts"
import * as References from "effect/References"
import * as Route from "./Route.ts"

/** What holds where the environment is silent: by the specification each signal has the exporter `otlp`. */
const defaults = (environment: Environment): Record<string, string> => ({
  OTEL_TRACES_EXPORTER: "otlp",
  OTEL_METRICS_EXPORTER: "otlp",
  OTEL_LOGS_EXPORTER: "otlp",
  ...(/(?:^|,)\s*service\.name\s*=/u.test(environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "")
    ? {}
    : { OTEL_SERVICE_NAME: "voiceclone-server" }),
})

type Environment = Readonly<Record<string, string | undefined>>

const invalid = (problem: string) => Layer.effectDiscard(Effect.fail(new ConfigurationInvalid({ problems: [problem] })))

const serializations: Readonly<Record<string, Layer.Layer<OtlpSerialization.OtlpSerialization>>> = {
  "http/protobuf": OtlpSerialization.layerProtobuf,
  "http/json": OtlpSerialization.layerJson,
}

/** What requests are called in traces, and which of them are none of a trace's business. */
const requests = Layer.mergeAll(
  Layer.succeed(HttpMiddleware.SpanNameGenerator, ({ method, url }) => `${method} ${Route.of(url)}`),
  Layer.succeed(HttpMiddleware.TracerDisabledWhen, ({ url }) => Route.isProbe(Route.of(url))),
)

/** Where nobody gets traces, none are made: spans cost a request a part of its time. */
export const none = Layer.succeed(References.TracerEnabled, false)

/** Whether the environment has traces sent. */
const tracing = (environment: Environment): boolean =>
  [environment["OTEL_EXPORTER_OTLP_ENDPOINT"], environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]].some(Boolean) &&
  environment["OTEL_SDK_DISABLED"]?.toLowerCase() !== "true" &&
  environment["OTEL_TRACES_EXPORTER"] !== "none"

/**
 * Sends what the environment says where it says. Metrics and logs are the same ones that `/metrics` and standard error
 * have; a trace goes on from the request's `traceparent`.
 */
export const layer = (environment: Environment): Layer.Layer<never, ConfigurationInvalid> => {
  const said = Object.entries(environment).filter(([name, value]) => name.startsWith("OTEL_") && (value ?? "") !== "")
  const protocol = environment["OTEL_EXPORTER_OTLP_PROTOCOL"] || "http/protobuf"
  const serialization = serializations[protocol]
  if (serialization === undefined) {
    return invalid(
      `OTEL_EXPORTER_OTLP_PROTOCOL is ${JSON.stringify(protocol)}, which is not http/protobuf or http/json`,
    )
  }
  return Otlp.layerFromConfig().pipe(
    Layer.provide([serialization, NodeHttpClient.layerNodeHttp]),
    Layer.provide(
      ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...defaults(environment), ...Object.fromEntries(said) })),
    ),
    Layer.catchCause((cause) => invalid(`An OTEL_ variable cannot be read: ${messageOf(cause)}`)),
    Layer.merge(tracing(environment) ? requests : none),
  )
}

const messageOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/gu, " ")
}
