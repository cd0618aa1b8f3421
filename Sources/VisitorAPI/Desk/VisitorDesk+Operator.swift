import QueueStore
import RoomConfiguration

/// Calls of the site's own servers, which bring an operator's key where visitors bring their tokens.
extension VisitorDesk {
    /// The shortest key, in bytes.
    private static let shortestKey = 32

    /// Whether the caller is to be believed: which priority somebody has, and who it is. A token has two dots and a key
    /// none, so visitors' calls cost no more for it.
    func isTrusted(_ request: VisitorRequest) -> Bool {
        guard let key = request.bearerToken, key.count >= Self.shortestKey, !key.contains(UInt8(ascii: ".")) else {
            return false
        }
        return services.isOperatorKey(key)
    }
}
