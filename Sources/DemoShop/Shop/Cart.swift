/// What somebody is about to buy. It lives in the cookie `shop_cart`: `<id>:<quantity>`, joined by dots.
struct Cart: Equatable {
    struct Line: Equatable {
        let concert: Concert
        let quantity: Int
    }

    static let cookieName = "shop_cart"
    /// Tickets for one concert.
    static let maxQuantity = 8

    private(set) var lines: [Line] = []

    init() {}

    /// Entries that cannot be read are left out.
    init(cookie: String?) {
        for entry in (cookie ?? "").split(separator: ".") {
            let parts = entry.split(separator: ":")
            guard parts.count == 2, let concert = Catalogue.concert(String(parts[0])), let quantity = Int(parts[1]),
                (1...Self.maxQuantity).contains(quantity)
            else { continue }
            set(quantity, of: concert)
        }
    }

    /// In cents.
    var total: Int { lines.reduce(0) { $0 + $1.quantity * $1.concert.price } }

    /// 0 takes the concert out.
    mutating func set(_ quantity: Int, of concert: Concert) {
        lines.removeAll { $0.concert == concert }
        if quantity > 0 { lines.append(Line(concert: concert, quantity: quantity)) }
    }

    /// The value of a `Set-Cookie` field; an empty cart removes the cookie.
    var setCookie: String {
        let value = lines.map { "\($0.concert.id):\($0.quantity)" }.joined(separator: ".")
        return "\(Self.cookieName)=\(value); Path=/; \(lines.isEmpty ? "Max-Age=0" : "Max-Age=86400"); SameSite=Lax"
    }
}
