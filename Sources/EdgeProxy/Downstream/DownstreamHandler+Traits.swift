import AbuseGuard
import HTTPWire
import VisitorAPI
import WaitingRoom

/// What a room with challenges asks of a newcomer's head.
extension DownstreamHandler {
    func readTraits(
        _ head: RequestHead, _ bytes: UnsafeRawBufferPointer, _ exchange: Exchange, into request: inout VisitorRequest
    ) {
        var traits = BrowserTraits()
        traits.userAgent = request.client.userAgent
        traits.isSecure = request.isSecure
        // Proxies speak HTTP/1.0 to their upstreams, whatever visitors speak to them.
        traits.isHTTP10 = !exchange.isHTTP11 && !isTrustedPeer
        if case .json = request.format { traits.asksForPage = false }
        for field in head.fields {
            let limit = field.nameLength == 20 ? 8192 : 512
            let value = unsafe String(decoding: bytes[field.value].prefix(limit), as: UTF8.self)
            switch field.name {
            case .accept: traits.accept = value
            case .acceptLanguage: traits.acceptLanguage = value
            case .secFetchDest: traits.fetchDestination = value
            case .other:
                switch unsafe String(decoding: bytes[field.nameRange], as: UTF8.self).lowercased() {
                case "sec-fetch-mode": traits.fetchMode = value
                case "sec-ch-ua": traits.brands = value
                case "sec-ch-ua-platform": traits.platform = value
                case "x-anteroom-challenge": request.challengeAnswer = value
                default: break
                }
            default: break
            }
        }
        request.traits = traits
    }
}
