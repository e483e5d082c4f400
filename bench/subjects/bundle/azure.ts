import { createHttpPoller } from "@azure/core-lro"
import { createHttpHeaders, createPipelineFromOptions, createPipelineRequest } from "@azure/core-rest-pipeline"

Object.assign(globalThis, {
  subject: { createHttpHeaders, createHttpPoller, createPipelineFromOptions, createPipelineRequest },
})
