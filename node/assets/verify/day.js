// A day: days since 1880-01-01, from 1.

const FIRST = Date.UTC(1880, 0, 1);

/** @param {number | null} day @returns {string} as in 2024-03-01 */
export function showDay(day) {
  if (day === null) return "no day";
  return new Date(FIRST + day * 86_400_000).toISOString().slice(0, 10);
}
