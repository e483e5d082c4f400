/** Mixtures of Gaussians with diagonal covariances: a model of which sounds a voice makes. */

/** Flat arrays, `components` rows of `dimensions`. */
export interface Mixture {
  readonly dimensions: number
  readonly logWeights: Float32Array
  readonly means: Float32Array
  readonly variances: Float32Array
}

/** No component may shrink onto a single frame. */
const leastVariance = 0.02
const iterations = 25

/** Log density of each component at a row, with its weight; gives the log of their sum. */
const densities = ({ dimensions, logWeights, means, variances }: Mixture, norms: Float64Array) => {
  const count = logWeights.length
  return (rows: Float32Array, row: number, into: Float64Array): number => {
    let greatest = -Infinity
    for (let component = 0; component < count; component++) {
      let distance = 0
      for (let i = 0; i < dimensions; i++) {
        const at = component * dimensions + i
        const difference = rows[row * dimensions + i]! - means[at]!
        distance += (difference * difference) / variances[at]!
      }
      const density = norms[component]! - 0.5 * distance
      into[component] = density
      if (density > greatest) greatest = density
    }
    let sum = 0
    for (let component = 0; component < count; component++) {
      const under = into[component]! - greatest
      if (under > -30) sum += Math.exp(under)
    }
    return greatest + Math.log(sum)
  }
}

const normsOf = ({ dimensions, logWeights, variances }: Mixture) =>
  Float64Array.from(logWeights, (weight, component) => {
    let norm = weight - 0.5 * dimensions * Math.log(2 * Math.PI)
    for (let i = 0; i < dimensions; i++) norm -= 0.5 * Math.log(variances[component * dimensions + i]!)
    return norm
  })

/** The mean log likelihood of the rows. A row counts as little more than `floor` however unlikely it is. */
export const logLikelihood = (mixture: Mixture, rows: Float32Array, floor = -Infinity): number => {
  const density = densities(mixture, normsOf(mixture))
  const into = new Float64Array(mixture.logWeights.length)
  const count = rows.length / mixture.dimensions
  let sum = 0
  for (let row = 0; row < count; row++) {
    const here = density(rows, row, into)
    sum += floor === -Infinity ? here : Math.max(here, floor) + Math.log1p(Math.exp(-Math.abs(here - floor)))
  }
  return sum / count
}

/** Expectation maximisation from evenly spread rows. The same rows always give the same mixture. */
export const train = (rows: Float32Array, dimensions: number, components: number): Mixture => {
  const count = rows.length / dimensions
  const means = new Float32Array(components * dimensions)
  const variances = new Float32Array(components * dimensions)
  const logWeights = new Float32Array(components).fill(-Math.log(components))
  for (let i = 0; i < dimensions; i++) {
    let [sum, squares] = [0, 0]
    for (let row = 0; row < count; row++) {
      sum += rows[row * dimensions + i]!
      squares += rows[row * dimensions + i]! ** 2
    }
    for (let component = 0; component < components; component++) {
      const row = Math.floor(((component + 0.5) * count) / components)
      means[component * dimensions + i] = rows[row * dimensions + i]!
      variances[component * dimensions + i] = squares / count - (sum / count) ** 2
    }
  }
  const mixture = { dimensions, logWeights, means, variances }
  const shares = new Float64Array(components)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const density = densities(mixture, normsOf(mixture))
    const weights = new Float64Array(components)
    const sums = new Float64Array(means.length)
    const squares = new Float64Array(means.length)
    for (let row = 0; row < count; row++) {
      const total = density(rows, row, shares)
      for (let component = 0; component < components; component++) {
        const share = Math.exp(shares[component]! - total)
        if (share < 1e-6) continue
        weights[component]! += share
        for (let i = 0; i < dimensions; i++) {
          const value = rows[row * dimensions + i]!
          sums[component * dimensions + i]! += share * value
          squares[component * dimensions + i]! += share * value * value
        }
      }
    }
    for (let component = 0; component < components; component++) {
      const weight = Math.max(weights[component]!, 1e-3)
      logWeights[component] = Math.log(weight / count)
      for (let i = 0; i < dimensions; i++) {
        const at = component * dimensions + i
        means[at] = sums[at]! / weight
        variances[at] = Math.max(leastVariance, squares[at]! / weight - means[at] ** 2)
      }
    }
  }
  return mixture
}

/** How much each row belongs to each component: `components` to a row, which add up to 1. */
export const shares = (mixture: Mixture, rows: Float32Array): Float32Array => {
  const density = densities(mixture, normsOf(mixture))
  const components = mixture.logWeights.length
  const into = new Float64Array(components)
  const found = new Float32Array((rows.length / mixture.dimensions) * components)
  for (let row = 0; row * components < found.length; row++) {
    const total = density(rows, row, into)
    for (let component = 0; component < components; component++) {
      found[row * components + component] = Math.exp(into[component]! - total)
    }
  }
  return found
}

/**
 * The mixture with its means moved to where those of the rows lie that another mixture, its like, counts among each
 * component; a component with `relevance` rows goes half the way. After Gauvain and Lee (1994), "Maximum a posteriori
 * estimation for multivariate Gaussian mixture observations of Markov chains".
 */
export const adapt = (mixture: Mixture, judge: Mixture, rows: Float32Array, relevance: number): Mixture => {
  const { dimensions, logWeights } = mixture
  const components = logWeights.length
  const belongs = shares(judge, rows)
  const counts = new Float64Array(components).fill(relevance)
  const sums = Float64Array.from(mixture.means, (mean) => relevance * mean)
  for (let row = 0; row < rows.length / dimensions; row++) {
    for (let component = 0; component < components; component++) {
      const share = belongs[row * components + component]!
      counts[component]! += share
      for (let i = 0; i < dimensions; i++) sums[component * dimensions + i]! += share * rows[row * dimensions + i]!
    }
  }
  return { ...mixture, means: Float32Array.from(sums, (sum, at) => sum / counts[Math.floor(at / dimensions)]!) }
}
