/// What came of reading the configuration's files again.
package enum ReloadOutcome: Hashable, Sendable {
    case inForce
    /// The last good ones stay in force; why, one line each.
    case refused([String])
}
