/// What a gate signs so that anybody can check it later, by its `typ` (RFC 8725 §3.11): none of it is taken for a token.
package enum StatementKind: String, Hashable, Sendable, CaseIterable {
    /// That somebody joined, as which number and when.
    case receipt = "receipt+jwt"
    /// How far the chain over a room's record had come.
    case chainHead = "chain-head+jwt"
}
