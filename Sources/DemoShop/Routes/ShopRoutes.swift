import NIOHTTP1

/// The pages of the shop.
enum ShopRoutes {
    static func route(_ path: String) -> Routes.Route? {
        switch path {
        case "/": .page { _ in ShopPages.home }
        case "/cart": Routes.Route(methods: [.GET, .HEAD, .POST], answer: cart)
        case "/checkout": Routes.Route(methods: [.POST], answer: checkout)
        case "/thanks": .page { _ in ShopPages.thanks }
        case "/account": .page(account)
        case "/static/shop.css", "/static/shop.js", "/static/logo.svg":
            StaticFile.at(path).map { file in .page { file.response(to: $0.head.headers) } }
        default:
            if path.hasPrefix("/concerts/"), let concert = Catalogue.concert(String(path.dropFirst(10))) {
                .page { _ in ShopPages.concert(concert) }
            } else {
                nil
            }
        }
    }

    /// Shows the cart; a POST puts tickets in first.
    private static func cart(_ request: Request) throws -> Response {
        var cart = Cart(cookie: request.cookie(Cart.cookieName))
        guard request.head.method == .POST else { return ShopPages.cart(cart) }
        let quantity = try request.form.number("quantity", in: 0...Cart.maxQuantity, absent: 1)
        guard let id = request.form["concert"], let concert = Catalogue.concert(id) else {
            throw FormFields.Mistake(message: "concert is the id of a concert")
        }
        cart.set(quantity, of: concert)
        return Response.redirect(.seeOther, to: "/cart").with("Set-Cookie", cart.setCookie)
    }

    private static func checkout(_ request: Request) throws -> Response {
        let cart = Cart(cookie: request.cookie(Cart.cookieName))
        guard !cart.lines.isEmpty else { return ShopPages.cart(cart, problem: "Your cart is empty.") }
        guard let name = request.form["name"], !name.isEmpty, let email = request.form["email"], email.contains("@")
        else { return ShopPages.cart(cart, problem: "We need your name and your e-mail address.") }
        return Response.redirect(.seeOther, to: "/thanks").with("Set-Cookie", Cart().setCookie)
    }

    /// The account of ada, whose password is lovelace.
    private static func account(_ request: Request) -> Response {
        guard request.head.headers["authorization"] == ["Basic YWRhOmxvdmVsYWNl"] else {
            return Response.text("Please sign in.\n", status: .unauthorized)
                .with("WWW-Authenticate", "Basic realm=\"Encore\", charset=\"UTF-8\"")
        }
        return ShopPages.account(of: "Ada")
    }
}
