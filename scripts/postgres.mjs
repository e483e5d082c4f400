// Finds the PostgreSQL that the server's tests run, and installs one where there is none.
// As a program it prints where its programs are: node scripts/postgres.mjs
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

/** Debian and its like keep each version's programs out of the PATH; the newest comes first. */
const versioned = (root) =>
  existsSync(root)
    ? readdirSync(root)
        .toSorted((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, "bin"))
    : []

/** The directory of `initdb` and `postgres`, or undefined. `POSTGRES_PATH` decides when it is set. */
export const findPostgres = () => {
  const chosen = process.env.POSTGRES_PATH
  const isHome = (directory) => existsSync(join(directory, "initdb")) && existsSync(join(directory, "postgres"))
  if (chosen !== undefined && chosen !== "") {
    if (!isHome(chosen)) throw new Error(`POSTGRES_PATH is ${chosen}, where there is no initdb and no postgres.`)
    return chosen
  }
  return [
    ...versioned("/usr/lib/postgresql"),
    "/opt/homebrew/opt/postgresql/bin",
    "/usr/local/opt/postgresql/bin",
    ...(process.env.PATH ?? "").split(delimiter),
  ].find(isHome)
}

/** The same, installed first when there is none. Throws with what to do when that fails too. */
export const ensurePostgres = () => {
  const found = findPostgres()
  if (found !== undefined) return found
  if (process.platform === "linux" && process.getuid?.() === 0 && existsSync("/etc/debian_version")) {
    console.error("Installing PostgreSQL for the server's tests (apt-get install postgresql) …")
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    // no cluster of the system's own: tests make theirs
    const script =
      "mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf && " +
      "apt-get update && apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold postgresql"
    if (spawnSync("sh", ["-c", script], { stdio: "ignore", env: environment }).status === 0) {
      const installed = findPostgres()
      if (installed !== undefined) return installed
    }
  }
  throw new Error(
    "No PostgreSQL found and none could be installed. Install it, or set POSTGRES_PATH to its bin directory.",
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(ensurePostgres())
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
