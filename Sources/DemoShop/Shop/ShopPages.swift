import NIOCore
import NIOHTTP1

/// The pages as HTML.
enum ShopPages {
    static var home: Response {
        let cards = Catalogue.concerts.map { concert in
            """
            <a class="card" href="/concerts/\(concert.id)">
              <span class="date">\(concert.date)</span>
              <strong>\(concert.artist.html)</strong>
              <span>\(concert.title.html)</span>
              <small>\(concert.venue.html)</small>
              <b>\(concert.price.euros)</b>
            </a>
            """
        }
        return page(
            "Concerts", "<h1>Coming up</h1>\n<div class=\"cards\">\n\(cards.joined(separator: "\n"))\n</div>")
    }

    static func concert(_ concert: Concert) -> Response {
        let options = (1...Cart.maxQuantity).map { "<option>\($0)</option>" }.joined()
        return page(
            concert.artist,
            """
            <p class="date">\(concert.date) · \(concert.venue.html)</p>
            <h1>\(concert.artist.html)</h1>
            <h2>\(concert.title.html)</h2>
            <p>\(concert.text.html)</p>
            <form class="panel" method="post" action="/cart">
              <input type="hidden" name="concert" value="\(concert.id)">
              <label>Tickets <select name="quantity" data-price="\(concert.price)">\(options)</select></label>
              <output>\(concert.price.euros)</output>
              <button>Add to cart</button>
            </form>
            """)
    }

    static func cart(_ cart: Cart, problem: String? = nil) -> Response {
        let alert = problem.map { "<p class=\"alert\" role=\"alert\">\($0.html)</p>\n" } ?? ""
        let status: HTTPResponseStatus = problem == nil ? .ok : .unprocessableEntity
        guard !cart.lines.isEmpty else {
            return page(
                "Cart",
                "<h1>Your cart</h1>\n\(alert)<p>There is nothing in it yet. <a href=\"/\">See the concerts</a></p>",
                status: status)
        }
        let rows = cart.lines.map { line in
            """
            <tr><td>\(line.quantity) ×</td><td>\(line.concert.artist.html)</td>\
            <td>\((line.quantity * line.concert.price).euros)</td></tr>
            """
        }
        return page(
            "Cart",
            """
            <h1>Your cart</h1>
            \(alert)<table>
            \(rows.joined(separator: "\n"))
            <tr class="total"><td></td><td>Total</td><td>\(cart.total.euros)</td></tr>
            </table>
            <form class="panel" method="post" action="/checkout">
              <label>Name <input name="name" autocomplete="name" required></label>
              <label>E-mail <input name="email" type="email" autocomplete="email" required></label>
              <button>Buy now</button>
            </form>
            """, status: status)
    }

    static var thanks: Response {
        page("Thank you", "<h1>Thank you!</h1>\n<p>Your tickets are on their way. See you there.</p>")
    }

    static func account(of name: String) -> Response {
        page("Account", "<h1>Hello, \(name.html)</h1>\n<p>You have no orders yet.</p>")
    }

    static var notFound: Response {
        page(
            "Not found",
            "<h1>No such page</h1>\n<p>It may have sold out. <a href=\"/\">See the concerts</a></p>",
            status: .notFound)
    }

    private static func page(_ title: String, _ content: String, status: HTTPResponseStatus = .ok) -> Response {
        .text(
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title.html) – Encore</title>
            <link rel="stylesheet" href="/static/shop.css">
            <link rel="icon" href="/static/logo.svg" type="image/svg+xml">
            <script src="/static/shop.js" defer></script>
            </head>
            <body>
            <header>
              <a href="/"><img src="/static/logo.svg" alt="" width="36" height="36"> Encore</a>
              <nav><a href="/cart">Cart</a> <a href="/account">Account</a></nav>
            </header>
            <main>
            \(content)
            </main>
            <footer>Encore – tickets without fuss</footer>
            </body>
            </html>

            """, status: status, contentType: "text/html; charset=utf-8")
    }
}

extension String {
    /// The text as HTML content or as the value of a quoted attribute.
    fileprivate var html: String {
        reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }
}
