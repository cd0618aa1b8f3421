// Tries again by itself, at a moment of its own so that a crowd does not return as one.
setTimeout(() => location.replace([[target]]), [[delay]] * (1000 + 500 * Math.random()));
