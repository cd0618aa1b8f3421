/// What is for sale.
enum Catalogue {
    static let concerts = [
        Concert(
            id: "nina-solberg", artist: "Nina Solberg", title: "Northern Lights", venue: "Harbour Hall, Bergen",
            date: "14 March", price: 4200, text: "Voice, piano and a string quartet. Two evenings, one programme."),
        Concert(
            id: "the-paper-lanterns", artist: "The Paper Lanterns", title: "Slow Rivers Tour", venue: "Old Mill, Ghent",
            date: "21 March", price: 3650, text: "The band's first tour in six years, with all of the old songs."),
        Concert(
            id: "orchestra-of-the-left-bank", artist: "Orchestra of the Left Bank", title: "Dvořák: Symphony No. 9",
            venue: "Rudolf Hall, Prague", date: "2 April", price: 5800,
            text: "From the New World, and after the interval a première."),
        Concert(
            id: "kofi-and-the-tides", artist: "Kofi & the Tides", title: "Highlife by the Sea",
            venue: "Pier Stage, Brighton", date: "9 May", price: 3100, text: "Eleven musicians, four horns, no chairs."),
        Concert(
            id: "ella-moreau", artist: "Ella Moreau", title: "Minuit", venue: "Salle Rivoli, Lyon", date: "17 May",
            price: 4700, text: "Late songs for a late hour. Doors open at eleven."),
        Concert(
            id: "quiet-machines", artist: "Quiet Machines", title: "Live at the Turbine", venue: "Turbine House, Leeds",
            date: "6 June", price: 3900, text: "Modular synthesisers, and the largest loudspeakers in the north."),
    ]

    static func concert(_ id: String) -> Concert? { concerts.first { $0.id == id } }
}

/// One evening.
struct Concert: Hashable {
    /// As in its URL.
    let id: String
    let artist: String
    let title: String
    let venue: String
    let date: String
    /// In cents.
    let price: Int
    let text: String
}

extension Int {
    /// Cents as an amount.
    var euros: String {
        let cents = self % 100
        return "€ \(self / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}
