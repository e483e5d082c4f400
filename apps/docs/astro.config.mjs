import starlight from "@astrojs/starlight"
import { defineConfig, passthroughImageService } from "astro/config"
import { globSync } from "node:fs"
import { fileURLToPath } from "node:url"
import starlightLinksValidator from "starlight-links-validator"
import starlightOpenAPI, { openAPISidebarGroups } from "starlight-openapi"
import { createStarlightTypeDocPlugin } from "starlight-typedoc"

const packages = fileURLToPath(new URL("../../packages/", import.meta.url))

/** The API reference of one package: a page for each module, from the doc comments. */
const reference = (name) => {
  const entryPoints = globSync(`${packages}${name}/src/*.ts`).filter((file) => !/(index|bin)\.ts$/.test(file))
  if (entryPoints.length === 0) return { plugins: [], sidebar: [] }
  const [plugin, group] = createStarlightTypeDocPlugin()
  return {
    plugins: [
      plugin({
        entryPoints: entryPoints.toSorted(),
        tsconfig: "./tsconfig.typedoc.json",
        output: `api/${name}`,
        sidebar: { label: name, collapsed: true },
        typeDoc: {
          name: `@voiceclone/${name}`,
          basePath: `${packages}${name}/src`,
          readme: "none",
          // A page for each module, not for each export.
          router: "module",
          // A name can stand for a type and a value; headings alone would give them one anchor.
          useHTMLAnchors: true,
          gitRevision: "main",
          disableSources: true,
          excludeInternal: true,
          excludePrivate: true,
          excludeExternals: true,
          // tsc checks the types; this only reads them.
          skipErrorChecking: true,
          logLevel: "Error",
        },
      }),
    ],
    sidebar: [group],
  }
}

/** Packages resolve to their sources, so the pages need no build of them. Vite's own conditions stay beside that one. */
const sources = {
  name: "voiceclone-sources",
  configEnvironment: (name) => ({
    resolve: {
      conditions: ["@voiceclone/source", "module", name === "client" ? "browser" : "node", "development|production"],
    },
  }),
}

const references = [reference("core"), reference("node"), reference("browser"), reference("testing")]

export default defineConfig({
  image: { service: passthroughImageService() },
  vite: { plugins: [sources] },
  integrations: [
    starlight({
      title: "voiceclone",
      description: "Voice cloning jobs that are never lost, never paid twice, never saved wrong.",
      logo: { src: "./src/assets/logo.svg", alt: "" },
      favicon: "/favicon.svg",
      customCss: ["./src/styles/theme.css"],
      components: { MarkdownContent: "./src/components/MarkdownContent.astro" },
      pagination: true,
      credits: false,
      tableOfContents: { minHeadingLevel: 2, maxHeadingLevel: 3 },
      plugins: [
        starlightOpenAPI([
          { base: "http", schema: "./openapi.json", sidebar: { label: "HTTP reference", collapsed: true } },
        ]),
        ...references.flatMap(({ plugins }) => plugins),
        // The validator does not see pages that a plugin injects: those of the HTTP API, and TypeDoc's start page.
        starlightLinksValidator({
          exclude: ["/schemas/**", "/http/", "/http/**", "/api/**/readme/", "/api/**/readme/**"],
        }),
      ],
      // By need (https://diataxis.fr): to learn, to get something done, to look something up, to understand. A page is
      // in its group by the folder it stands in, at the place that `sidebar.order` of its front matter says.
      sidebar: [
        {
          label: "Learn",
          items: [
            { label: "Your first job", slug: "tutorial/first-job" },
            { label: "See it survive", slug: "live" },
          ],
        },
        {
          label: "Use it from",
          items: [
            { label: "Command line", slug: "start/cli" },
            { label: "Command reference", slug: "start/cli-reference" },
            { label: "Node.js", slug: "start/node" },
            { label: "Browser", slug: "start/browser" },
            { label: "Effect", slug: "start/effect" },
            { label: "Python, curl, HTTP", slug: "start/http-api" },
            { label: "A server of your own", slug: "start/self-hosting" },
          ],
        },
        { label: "How to", items: [{ autogenerate: { directory: "guides" } }] },
        { label: "Understand", items: [{ autogenerate: { directory: "concepts" } }] },
        { label: "Look up", items: [{ autogenerate: { directory: "reference" } }] },
        ...openAPISidebarGroups,
        ...(references.some(({ sidebar }) => sidebar.length > 0)
          ? [{ label: "Modules", items: references.flatMap(({ sidebar }) => sidebar) }]
          : []),
      ],
    }),
  ],
})
