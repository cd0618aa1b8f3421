package import RoomConfiguration

/// Asks a provider of captchas whether an answer is good.
package protocol CaptchaVerifier: Sendable {
    /// - Parameter answer: what the widget gave to the page.
    func verify(_ answer: String, by service: CaptchaService) async -> CaptchaVerdict
}

package enum CaptchaVerdict: Hashable, Sendable {
    case good, bad
    /// The provider does not answer, not in time, or not to us; why.
    case unknown(String)
    /// Too many answers wait for the provider: the gate's own limit, which nobody may use to get in unasked.
    case busy
}
