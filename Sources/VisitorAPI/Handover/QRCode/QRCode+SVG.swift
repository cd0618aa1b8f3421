extension QRCode {
    /// The code with its light border of four modules, as inline SVG: one run of dark modules after the other. Dark on light
    /// in every colour scheme, because not every reader knows the inverse.
    func appendSVG(to body: inout [UInt8]) {
        let side = size + 8
        body.append(
            contentsOf: """
                <svg class="qr" viewBox="0 0 \(side) \(side)" shape-rendering="crispEdges" aria-hidden="true">\
                <path fill="#fff" d="M0 0h\(side)v\(side)H0z"/><path d="
                """.utf8)
        for y in 0..<size {
            var x = 0
            while x < size {
                let start = x
                while x < size, self[x, y] { x += 1 }
                if x > start { body.append(contentsOf: "M\(start + 4) \(y + 4)h\(x - start)v1H\(start + 4)z".utf8) }
                x += 1
            }
        }
        body.append(contentsOf: "\"/></svg>".utf8)
    }
}
