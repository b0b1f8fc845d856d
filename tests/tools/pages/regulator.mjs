// A regulator's walk: a study's answers verified in the browser with the network off.

export async function regulator(walk, title) {
  void walk;
  void title;
}
