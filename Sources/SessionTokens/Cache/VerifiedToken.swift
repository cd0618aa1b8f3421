package import WaitingRoom

/// A token that was verified, with what a gate notes about its session between two reports to the store. It belongs
/// to one event loop.
@safe
package final class VerifiedToken {
    package let kind: TokenKind
    package let claims: TokenClaims
    /// The session that the token names; for a position token the one that its position can become.
    package let sessionID: SessionID
    /// Seconds since 1970.
    package let refreshAt: Int64

    /// Requests forwarded since the last report.
    package var pendingPageViews = 0
    /// Whether the store has been told who the visitor is.
    package var isReported = false
    /// Whether a fresh token is being signed.
    package var isRefreshing = false
    /// A `Set-Cookie` line that is to ride on the next answer.
    package var refreshedCookie: [UInt8]?
    /// The gate's own mark, such as an index of its table of rooms.
    package var tag = 0

    package var queueID: RoomID { claims.queueID }
    package var positionID: PositionID { claims.positionID }
    package var expiresAt: Int64 { claims.expiresAt }

    /// What must be the same for the token to be good without another look: the token, then the address (if bound to),
    /// then the User-Agent (if bound to), in one block.
    private let bytes: UnsafeMutableRawBufferPointer
    private let tokenCount: Int
    private let addressCount: Int
    private let binding: Binding

    // The cache's own notes: the slot that the entry is in, and its neighbours among those of the same session.
    var slot = -1
    var nextSlot = -1
    var previousSlot = -1

    init(
        _ token: Span<UInt8>, kind: TokenKind, claims: TokenClaims, binding: Binding, address: Span<UInt8>,
        userAgent: Span<UInt8>
    ) {
        self.kind = kind
        self.claims = claims
        sessionID = claims.sessionID ?? SessionID(of: claims.positionID)
        refreshAt = claims.refreshAt
        self.binding = binding
        let address = address.extracting(first: binding == .addressAndUserAgent ? address.count : 0)
        let userAgent = userAgent.extracting(first: binding == .none ? 0 : Binding.userAgentLimit)
        tokenCount = token.count
        addressCount = address.count
        unsafe bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: token.count + address.count + userAgent.count, alignment: 16)
        var offset = 0
        for part in 0..<3 {
            let source = part == 0 ? token : part == 1 ? address : userAgent
            unsafe source.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + source.count])
                    .copyMemory(from: source)
            }
            offset += source.count
        }
    }

    deinit { unsafe bytes.deallocate() }

    /// Whether this is the same token, byte for byte.
    func isSame(as token: Span<UInt8>, kind: TokenKind) -> Bool {
        guard token.count == tokenCount, kind == self.kind else { return false }
        return equals(token, at: 0)
    }

    /// Whether the one who presents it is, byte for byte, the one whom the binding was checked for.
    func isBound(_ binding: Binding, to address: Span<UInt8>, _ userAgent: Span<UInt8>) -> Bool {
        guard binding == self.binding else { return false }
        if binding == .none { return true }
        if binding == .addressAndUserAgent {
            guard address.count == addressCount, equals(address, at: tokenCount) else { return false }
        }
        let userAgent = userAgent.extracting(first: Binding.userAgentLimit)
        let start = tokenCount + addressCount
        return unsafe start + userAgent.count == bytes.count && equals(userAgent, at: start)
    }

    /// Whether `other` stands at `offset`, which has room for it.
    private func equals(_ other: Span<UInt8>, at offset: Int) -> Bool {
        unsafe other.equals(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + other.count]))
    }
}
