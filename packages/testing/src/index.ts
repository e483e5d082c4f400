/**
 * The fake voice-cloning API to test against, and what adapters have to pass. `FakeServer` and
 * `HttpClientConformanceServer` need Node.js and are no part of this barrel: import them as
 * `@voiceclone/testing/FakeServer` and so on.
 */
export * as BlobStoreConformance from "./BlobStoreConformance.ts"
export * as Conformance from "./Conformance.ts"
export * as DigestConformance from "./DigestConformance.ts"
export * as FakeApi from "./FakeApi.ts"
export * as FakeHttpClient from "./FakeHttpClient.ts"
export * as Fault from "./Fault.ts"
export * as FileSystemConformance from "./FileSystemConformance.ts"
export * as HttpClientConformance from "./HttpClientConformance.ts"
export * as JournalStoreConformance from "./JournalStoreConformance.ts"
export * as NamedFault from "./NamedFault.ts"
export * as Reply from "./Reply.ts"
export * as SeededRandom from "./SeededRandom.ts"
export * as Serving from "./Serving.ts"
export * as WavFile from "./WavFile.ts"
