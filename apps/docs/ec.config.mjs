// How code is shown. A file of its own, because starlight-openapi puts its options in the place of Starlight's.
import { defineEcConfig } from "@astrojs/starlight/expressive-code"

export default defineEcConfig({
  // A phone then shows the whole of a command.
  defaultProps: { wrap: true },
  styleOverrides: { borderRadius: "0.6rem", frames: { shadowColor: "transparent" } },
})
