/** What is said in the measurements. The engine is trained and calibrated with other sentences. */

/** Some ten seconds for a sample: from the Harvard sentences (IEEE, 1969). */
export const sampleText: ReadonlyArray<string> = [
  "The birch canoe slid on the smooth planks.",
  "Glue the sheet to the dark blue background.",
  "It is easy to tell the depth of a well.",
  "Rice is often served in round bowls.",
  "The juice of lemons makes fine punch.",
]

/** What the matched voices say. */
export const spokenText: ReadonlyArray<string> = [
  "She told the government that we would open three offices.",
  "The weather will be cold and wet in the north this evening.",
  "Please call me back when you have time to talk.",
  "We went to the market and bought some fresh bread and apples.",
  "The children played outside until it got dark.",
  "He said that the price of the house was too high.",
  "I have never seen such a beautiful garden before.",
  "The train leaves at nine and arrives just before noon.",
  "They are going to build a new school near the river.",
  "You should write your name at the top of the page.",
  "Her sister works in a large hospital in the city.",
  "It was a long day and everybody was very tired.",
]
