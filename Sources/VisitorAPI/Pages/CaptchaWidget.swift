import RoomConfiguration

/// Where a provider's widget comes from, and what its page has to allow (the providers' notes on content security
/// policies).
struct CaptchaWidget {
    /// Calls `arReady` once it can draw.
    var script: String
    /// The global object with `render`.
    var object: String
    var scriptSources: String
    var frameSources: String
    var connectSources: String
    var styleSources: String

    init(_ kind: CaptchaService.Kind) {
        switch kind {
        case .turnstile:
            script = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit&onload=arReady"
            object = "turnstile"
            scriptSources = "https://challenges.cloudflare.com"
            frameSources = "https://challenges.cloudflare.com"
            connectSources = "https://challenges.cloudflare.com"
            styleSources = ""
        case .hcaptcha:
            script = "https://js.hcaptcha.com/1/api.js?render=explicit&onload=arReady"
            object = "hcaptcha"
            let hosts = "https://hcaptcha.com https://*.hcaptcha.com"
            (scriptSources, frameSources, connectSources, styleSources) = (hosts, hosts, hosts, hosts)
        case .recaptcha:
            script = "https://www.google.com/recaptcha/api.js?render=explicit&onload=arReady"
            object = "grecaptcha"
            scriptSources = "https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/"
            frameSources = "https://www.google.com/recaptcha/ https://recaptcha.google.com/recaptcha/"
            connectSources = "https://www.google.com/recaptcha/"
            styleSources = "'unsafe-inline'"
        }
    }
}
