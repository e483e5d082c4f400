/**
 * A task id as a person gives it.
 */
import * as Effect from "effect/Effect"
import { TaskId } from "../Task.ts"
import { InvalidInput } from "../TaskError.ts"

export const toTaskId = (taskId: string): Effect.Effect<TaskId, InvalidInput> =>
  // a program without types may give anything
  typeof taskId !== "string" || taskId.trim() === ""
    ? Effect.fail(
        new InvalidInput({
          input: "taskId",
          reason: "The task id is empty",
          nextStep: "Give the id that create answered.",
        }),
      )
    : Effect.succeed(TaskId(taskId.trim()))
