// Made by make_vectors.py with PyJWT 2.15.1. Not to be edited by hand.
enum PyJWTVectors {
    static let issuedAt: Int64 = 1700000000

    /// PKCS#8.
    static let rs256Key = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDfSr5WhEc+A5Vh
        wd3EvurIMaCerDBG4cEX34DOaL2KzUYctG+kgC2c2112LYJrh6HijALnLrQzP8dK
        H5YKnXfMtHVjzxpxf5iUsyFoiSA2hvmRQBhsX87z2u1YhOvVIgHm6W+7T4ylQv6E
        jIC1d+GbLquWoZ7X8PzaqqIr5Jq9tvtBL8tovk1JRe7WmLsn0T4o1ZUJ84quDSnf
        ja95ve6LLnTjYIBLUPLC/BKNbt5Mxvxnh0zLT/TPL4e1wzulJW4uqgB+8sZYJOL7
        h/3SS8hK02mdlBjETvlNjT9RjcDn6IOwY2NgmCFEf26uxN/QgbJfb3LthYhAJmGF
        K2DC1bFdAgMBAAECggEAKQ2brZnv5D+x6xGC9c2ZKnnvW0TyslGG2B4MV0bMFHU1
        vwjQnui/Gh/90MDAwgbjlVyjGwCL+oEvIZppkmWNtVn3XESjSrtIIQzHJ2pQvR23
        TESByQkbalu1uAjmOB8ixOLl20UeqXLGCzYu4s5Z8RdVTmJEK1UgFA77toC3D4p5
        HbHUMvs0MwutS4hR2CgYwtYbon/UO1QPgmExV5P4zqmS+CTBezp7lOOKaDJpDH9M
        igDRsGty0m7BPP1Pws7rw0Aqr75fV//wYOqjQtN0PJRJPGcFm45xeQn+ftH8eEkI
        pTjvWYZ5Dj/cS/OlpVc1OKUkkevVoN9KrkwWojA0SQKBgQD8whb9zlUSlgpQvJ73
        FnW3EsDBFPMImPa7HLB9YnuCsE+g6RXLUyc3GKQ44nKQOgLrsqYE+lcwRwBQlE+o
        fqgZzM4QUoH8c2U+nvljZbiTiYDwDzl8ey4erK6KT4i+gh+V/f7s5UZYdHAT5YaK
        YkGgH84BVUr+jKFkqVWpK/2z9QKBgQDiJ+dnHwP7eL1VfQRzM0BuE1606gYYpSQO
        DM/u8Sc1GytHiptSnbVXFAufm5i8LDjT8765lDcq85T/JFRKNFqnh9qiBCrSwYLd
        X5F+hf3QArZEPCGYpUWRFHiLVmjcK4ckLVeUsHL+5+6J+6rFnEsz9A+fImZNyxq5
        W50uwhwOyQKBgQDADKlzh8dUK/UCi48tpz8iL3mOO+C985vlaFMhsiauklCuruwE
        ZdYyIuME5equc6WseT10ItMEt64hi89K85G+qMMZ29cwfm27Owe64ptwXtY9kRPY
        5a+RVxv3s57vQefGDAwa68qbgz11oLytgSLkC8Z3dNtatngbCB8yP16x0QKBgD12
        YNJKwJdQWgxovJPeYu1HgF6kl2GNR/41hzFGAsTRDHMV/V53k/gFb59B90F0t0EL
        JlNjL5cRufWZVvsPvW94YXfUsBq1Eq69MVp0aeVlR0nGGc9VY1GpgZVEt5zWi5TO
        adX0GlyihdakOeYYsut8sd4qyCjuQOYNOuuhP2TZAoGAfKTt6EAVXS5vY08P/t1Y
        lIaZtp7I4bXIpiLEVFQXtCuQ99t47EJgChIiPoFjwx3ywGNm49W4g/oSsgBMeVS7
        NDBmMF8XjPVJQLP8v9zEM+l06eLgE3jPwBYASLzAPPDOCh4n7lKGNN+Kel17thS0
        a54NoXVdKOmBTsvPTBhV21Y=
        -----END PRIVATE KEY-----
        """

    static let rs256TraditionalKey = """
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEA30q+VoRHPgOVYcHdxL7qyDGgnqwwRuHBF9+Azmi9is1GHLRv
        pIAtnNtddi2Ca4eh4owC5y60Mz/HSh+WCp13zLR1Y88acX+YlLMhaIkgNob5kUAY
        bF/O89rtWITr1SIB5ulvu0+MpUL+hIyAtXfhmy6rlqGe1/D82qqiK+Savbb7QS/L
        aL5NSUXu1pi7J9E+KNWVCfOKrg0p342veb3uiy5042CAS1DywvwSjW7eTMb8Z4dM
        y0/0zy+HtcM7pSVuLqoAfvLGWCTi+4f90kvIStNpnZQYxE75TY0/UY3A5+iDsGNj
        YJghRH9ursTf0IGyX29y7YWIQCZhhStgwtWxXQIDAQABAoIBACkNm62Z7+Q/sesR
        gvXNmSp571tE8rJRhtgeDFdGzBR1Nb8I0J7ovxof/dDAwMIG45VcoxsAi/qBLyGa
        aZJljbVZ91xEo0q7SCEMxydqUL0dt0xEgckJG2pbtbgI5jgfIsTi5dtFHqlyxgs2
        LuLOWfEXVU5iRCtVIBQO+7aAtw+KeR2x1DL7NDMLrUuIUdgoGMLWG6J/1DtUD4Jh
        MVeT+M6pkvgkwXs6e5TjimgyaQx/TIoA0bBrctJuwTz9T8LO68NAKq++X1f/8GDq
        o0LTdDyUSTxnBZuOcXkJ/n7R/HhJCKU471mGeQ4/3EvzpaVXNTilJJHr1aDfSq5M
        FqIwNEkCgYEA/MIW/c5VEpYKULye9xZ1txLAwRTzCJj2uxywfWJ7grBPoOkVy1Mn
        NxikOOJykDoC67KmBPpXMEcAUJRPqH6oGczOEFKB/HNlPp75Y2W4k4mA8A85fHsu
        Hqyuik+IvoIflf3+7OVGWHRwE+WGimJBoB/OAVVK/oyhZKlVqSv9s/UCgYEA4ifn
        Zx8D+3i9VX0EczNAbhNetOoGGKUkDgzP7vEnNRsrR4qbUp21VxQLn5uYvCw40/O+
        uZQ3KvOU/yRUSjRap4faogQq0sGC3V+RfoX90AK2RDwhmKVFkRR4i1Zo3CuHJC1X
        lLBy/ufuifuqxZxLM/QPnyJmTcsauVudLsIcDskCgYEAwAypc4fHVCv1AouPLac/
        Ii95jjvgvfOb5WhTIbImrpJQrq7sBGXWMiLjBOXqrnOlrHk9dCLTBLeuIYvPSvOR
        vqjDGdvXMH5tuzsHuuKbcF7WPZET2OWvkVcb97Oe70HnxgwMGuvKm4M9daC8rYEi
        5AvGd3TbWrZ4GwgfMj9esdECgYA9dmDSSsCXUFoMaLyT3mLtR4BepJdhjUf+NYcx
        RgLE0QxzFf1ed5P4BW+fQfdBdLdBCyZTYy+XEbn1mVb7D71veGF31LAatRKuvTFa
        dGnlZUdJxhnPVWNRqYGVRLec1ouUzmnV9BpcooXWpDnmGLLrfLHeKsgo7kDmDTrr
        oT9k2QKBgHyk7ehAFV0ub2NPD/7dWJSGmbaeyOG1yKYixFRUF7QrkPfbeOxCYAoS
        Ij6BY8Md8sBjZuPVuIP6ErIATHlUuzQwZjBfF4z1SUCz/L/cxDPpdOni4BN4z8AW
        AEi8wDzwzgoeJ+5ShjTfinpde7YUtGueDaF1XSjpgU7Lz0wYVdtW
        -----END RSA PRIVATE KEY-----
        """

    static let rs256PublicKey = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA30q+VoRHPgOVYcHdxL7q
        yDGgnqwwRuHBF9+Azmi9is1GHLRvpIAtnNtddi2Ca4eh4owC5y60Mz/HSh+WCp13
        zLR1Y88acX+YlLMhaIkgNob5kUAYbF/O89rtWITr1SIB5ulvu0+MpUL+hIyAtXfh
        my6rlqGe1/D82qqiK+Savbb7QS/LaL5NSUXu1pi7J9E+KNWVCfOKrg0p342veb3u
        iy5042CAS1DywvwSjW7eTMb8Z4dMy0/0zy+HtcM7pSVuLqoAfvLGWCTi+4f90kvI
        StNpnZQYxE75TY0/UY3A5+iDsGNjYJghRH9ursTf0IGyX29y7YWIQCZhhStgwtWx
        XQIDAQAB
        -----END PUBLIC KEY-----
        """

    /// The RFC 7638 thumbprint.
    static let rs256KeyID = """
        GYPFHQGSC5V536B5TU8iAfJrLG34tEERECEqVbs4TFY
        """

    static let rs256PositionToken = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6IkdZUEZIUUdTQzVWNTM2QjVUVThpQWZKckxHMzR0RUVSRUNFcVZiczRURlkiLCJ0eXAiOiJw\
        b3NpdGlvbitqd3QifQ.eyJwb3NpdGlvbl9pZCI6IjAxOThjMGRlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwYSIsInF1ZXVlX\
        2lkIjoiY29uY2VydC10aWNrZXRzIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDAzMDB9.XKSpF-TuEJu3SUzt2XVjU_dy\
        0OXKVmDYMLCJ184Oxyel8sLYT-v3Wuge4ivEdLf8Q6Z2h-JplpXOuGUK5tHmCmQEml7IcGby7IyM1YctsTphFSS-Uc2d6Rh3A4Br\
        OAWlOQGFouFSmX70c2Ri2OKSwy27FshIludQopTi4aJ6B7a4u0JlIqy4VDSbtZZpi_o_FZL0gB_4YgWG8j_RmQaW3NdyJOkGnBiS\
        tjcHie6MzCKsQVDDleNE4d7vK4LJS-Jc0eciOAMWWiKraOUpWBYOfij1DNwwaXxWIopgEhG6NR2slYiSOSUtgql96cnDAtHJrOz-\
        EbPMpjkoIwdlC0JgzA
        """

    static let rs256SessionToken = """
        eyJhbGciOiJSUzI1NiIsImtpZCI6IkdZUEZIUUdTQzVWNTM2QjVUVThpQWZKckxHMzR0RUVSRUNFcVZiczRURlkiLCJ0eXAiOiJz\
        ZXNzaW9uK2p3dCJ9.eyJwb3NpdGlvbl9pZCI6IjAxOThjMGRlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwYSIsInF1ZXVlX2l\
        kIjoiY29uY2VydC10aWNrZXRzIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDAzMDAsInNlc3Npb25faWQiOiIwMTk4YzB\
        kZS0wMDAwLTgwMDAtODAwMC0wMDAwMDAwMDAwMGIiLCJibmQiOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R3In0.Kau2iw9aSuQW6Vf\
        jSqkicor_A_9g9D2VNha-gjCHZ1iesGEl2aaHA4kaDg_3VVm4Vp2ejab6dAab5vetIVa7Gc6uQnx_CvHCh7f-uY42Ti_LNhUmtLK\
        gt1qayKLYVUa_APAWpTl85DG3uMHmwtI0t_xtvrCDGXTx-Bsz-DlOzguq_qDDOApcB3onjjZhbiMe3U9K8azZGj_GHlQpW_j1jxm\
        J-Q5MK17rga0RxHAhhIVbMu2xtTKltC3FqdebUnOxHB0-K_HnpuvFjnn2OFXXoBJ9Bs8PVtX5Ze15qi-cYA9ReQfYZ7ReC6NrWdp\
        0F_5X3c6QFVV5hyzWMVdjMG2_QQ
        """

    /// PKCS#8.
    static let es256Key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxbFquFfIeBk0dFfU
        i+ZsnUrjEdUGUW9qLPSQ0KdyXr2hRANCAASrGAM35Vx+59k1bSnlpDEc3KDAZ7QT
        X/QFr7abEn47Z9ZNdiV/I1WOpPUxqcB//vG+JmXJqIXwZBb+rapE6cWQ
        -----END PRIVATE KEY-----
        """

    static let es256TraditionalKey = """
        -----BEGIN EC PRIVATE KEY-----
        MHcCAQEEIMWxarhXyHgZNHRX1IvmbJ1K4xHVBlFvaiz0kNCncl69oAoGCCqGSM49
        AwEHoUQDQgAEqxgDN+VcfufZNW0p5aQxHNygwGe0E1/0Ba+2mxJ+O2fWTXYlfyNV
        jqT1ManAf/7xviZlyaiF8GQW/q2qROnFkA==
        -----END EC PRIVATE KEY-----
        """

    static let es256PublicKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqxgDN+VcfufZNW0p5aQxHNygwGe0
        E1/0Ba+2mxJ+O2fWTXYlfyNVjqT1ManAf/7xviZlyaiF8GQW/q2qROnFkA==
        -----END PUBLIC KEY-----
        """

    /// The RFC 7638 thumbprint.
    static let es256KeyID = """
        eekzg9JvDuIua8Zn7WJjY-y-ABgEYgqztofYiUh4J6Q
        """

    static let es256PositionToken = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVla3pnOUp2RHVJdWE4Wm43V0pqWS15LUFCZ0VZZ3F6dG9mWWlVaDRKNlEiLCJ0eXAiOiJw\
        b3NpdGlvbitqd3QifQ.eyJwb3NpdGlvbl9pZCI6IjAxOThjMGRlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwYSIsInF1ZXVlX\
        2lkIjoiY29uY2VydC10aWNrZXRzIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDAzMDB9.ZTZ1o5wrpyWBA1z6ADvOu7oQ\
        vuxm3sF0eTRjjHYtE8AWnQfA4E5TEI580k1bkpGMH3O71rpy5kxPL61ZZYIZ9Q
        """

    static let es256SessionToken = """
        eyJhbGciOiJFUzI1NiIsImtpZCI6ImVla3pnOUp2RHVJdWE4Wm43V0pqWS15LUFCZ0VZZ3F6dG9mWWlVaDRKNlEiLCJ0eXAiOiJz\
        ZXNzaW9uK2p3dCJ9.eyJwb3NpdGlvbl9pZCI6IjAxOThjMGRlLTAwMDAtNDAwMC04MDAwLTAwMDAwMDAwMDAwYSIsInF1ZXVlX2l\
        kIjoiY29uY2VydC10aWNrZXRzIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDAzMDAsInNlc3Npb25faWQiOiIwMTk4YzB\
        kZS0wMDAwLTgwMDAtODAwMC0wMDAwMDAwMDAwMGIiLCJibmQiOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R3In0.5AVNv5q6Zm7aYyT\
        CPiLFhHoK1R_tc41xzLlpr8364e9ITbGTsy6OaGLyIK2BGOCuuQvq3FWgK5W6NfGrATalLA
        """

    static let encryptedKey = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBC1kaFExZlMjHjBhBYp
        IEL5AgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQdR1zfimrJTLayl4D
        U6WMZwSBkDuOZ3Z6AaMUpJ3MnC48o3m6Slhc52q8aGS6d+WL9Xlg6hjb8eCPkuG9
        tIGVFD+ehYvn89kZAu3X2KDJZ3HmjEvM7GG71k9kPi17Is20zUsPPeD0kVjXk2qX
        xuVMliVfmpl2vBHIb46ypoxXagSukD1PmefGC+taBmiTvVBk+N8CDz8UFh2Pk3wm
        MaqXVMwqAQ==
        -----END ENCRYPTED PRIVATE KEY-----
        """

    /// 1024 bits.
    static let shortRSAKey = """
        -----BEGIN PRIVATE KEY-----
        MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANvQHbws8csFP8k+
        QIp1tMViUoRjZk+RQ4W55OHMLIpmukQZmDqFqurKQ3HuqZ0ynpaSRwlbsIvmxBhK
        KTthRH7F1aUYe23qWbfrqWEGC/BZgdKVlwE8tu9DZKNuOLlMCw9tjfhX9Z0lYXzf
        LmdTxGvUu4XJdO8dsDOTt+ePenMnAgMBAAECgYBWkUXEoCaxf+W5Ca09WlHREoHQ
        5ZybZWgkOCutyU0ZTI+61iGfmpjPUszxB78Ay7itL/qN8vA6iK1dq4dFfW8Niw8v
        uwbMZcQfKn71fG++3zfsaXY7SJmY5bDiHuvmorzvXKZnCNvqDsWxbtrLyCnpmE96
        f79tnQpsolYfk6Nm8QJBAPteyOnNfoysDCMks5IOC7KjHRU1Y9Fby5PLEgRc0ip6
        tVNxajHfrSO+GGpgDmnoHNhD7UFrUufuQJsn8LHTt70CQQDf3InBoPKDs4ibDM0U
        Z1C3OlI413sIenKV+Ohm4hiyt6sfHOVICaYvYq5iZRCJogyCYMFN/pEyFlwj/5v+
        X4KzAkEAhYrQkC2E2rUYaZ846xIdMtUnQToxAmuTFrxeoQSy/rBcHq11LnPXZtK5
        4+GOJsOSd2524DdlPyQ7HHK2k7KXvQJBALkGF5nBRBBUmCjG2M3vYog+nOy8NMVa
        J1ELTFKUtyMnqTjq8hqrVv69SjKrI5MOK9aqz7p+GFXUo01hm/YPzP8CQQD0Auev
        aWMedH27QmJ53J6HUx/ewT6LZw29Fs+W1wcaWPplRSLazpv8byie7KaY2XvWuSj0
        R0EOTSUFwbbXIHcf
        -----END PRIVATE KEY-----
        """

    static let p384Key = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAbLth+4WXZ6ET8t18x
        gJizHq0etnjGo4M1o4y/9DZFwvI1YhhVs1eF9ggTzw5WXlChZANiAARe9Mrb3Lyh
        tFbXN3C06eC5aUxcBa5oucUmo9/KCDRQoWciAlzdSffaiR1GA76sXRfYMPUzAT3o
        3Rxx9XewtcI6a8ncxe8IOO4TFTzWlIFfwYTFjIR8uO3H3zWehVgTQHQ=
        -----END PRIVATE KEY-----
        """

    static let ed25519Key = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIB0MaNZsfrI6m62R4cnxTCEDMbshRA0MxyzaIzr9tkD9
        -----END PRIVATE KEY-----
        """

}
