/// What an admission at an operator's word led to.
package struct AdmitTally: Hashable, Sendable, Decodable {
    package var admitted: Int
    package var waiting: Int
}

/// What one step of a drain led to.
package struct DrainTally: Hashable, Sendable, Decodable {
    package var ended: Int
    package var remaining: Int
    /// Those who joined later are not ended.
    package var until: UInt64?
}
