package scan

import "strings"

// card looks at the number of a payment card: 14 to 19 digits in a row or in the
// groups they are embossed in.
func (p *people) card(i int) bool {
	var d [20]byte
	n, end, groups := p.digits(i, d[:])
	if n < 14 || n > 19 || !embossed(groups, n) || !issued(d[:], n) || !luhn(d[:n]) || !p.ends(end) {
		return false
	}
	var seen uint16
	for _, c := range d[:n] {
		seen |= 1 << c
	}
	return seen&(seen-1) != 0 && p.add("card", i, end)
}

// embossed tells groups as cards have them.
func embossed(g [6]int, n int) bool {
	switch {
	case g[1] == 0:
		return n >= 14 && n <= 16 // longer ones are numbers of 64 bits more often
	case g[0] != 4:
		return false
	case n == 14:
		return g[1] == 6 && g[2] == 4
	case n == 15:
		return g[1] == 6 && g[2] == 5
	}
	return g[1] == 4 && g[2] == 4 && (g[3] == 4 && (n == 16 || n == 19 && g[4] == 3))
}

// issued tells whether a brand has numbers that begin so and are that long.
func issued(d []byte, n int) bool {
	two := int(d[0])*10 + int(d[1])
	four := two*100 + int(d[2])*10 + int(d[3])
	switch {
	case d[0] == 4:
		return n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720, four == 6011, two == 65, four >= 6440 && four <= 6499,
		four >= 3528 && four <= 3589, two == 62:
		return n == 16
	case two == 34 || two == 37:
		return n == 15
	case two == 36 || two == 38 || four >= 3000 && four <= 3059:
		return n == 14
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i, c := range d {
		v := int(c)
		if (len(d)-i)%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// social looks at ddd-dd-dddd; with blanks only where its name is before it.
func (p *people) social(i int) bool {
	t := p.text
	if !p.group(i, 3) || !p.group(i+4, 2) || !p.group(i+7, 4) || t[i+3] != t[i+6] || !p.ends(i+11) {
		return false
	}
	switch t[i+3] {
	case '-':
	case ' ':
		before := t[max(0, i-32):i]
		if !containsFold(before, "ssn") && !containsFold(before, "social sec") {
			return false
		}
	default:
		return false
	}
	if area := t[i : i+3]; area == "000" || area == "666" || area[0] == '9' || t[i+4:i+6] == "00" || t[i+7:i+11] == "0000" {
		return false
	}
	return p.add("us-ssn", i, i+11)
}

// cpf looks at ddd.ddd.ddd-dd.
func (p *people) cpf(i int) bool {
	t := p.text
	if !p.group(i, 3) || !p.group(i+4, 3) || !p.group(i+8, 3) || !p.group(i+12, 2) ||
		t[i+3] != '.' || t[i+7] != '.' || t[i+11] != '-' || !p.ends(i+14) {
		return false
	}
	var d [11]int
	n, same := 0, true
	for _, c := range []byte(t[i : i+14]) {
		if is(c, digitClass) {
			d[n] = int(c - '0')
			same = same && d[n] == d[0]
			n++
		}
	}
	for check := 9; check <= 10; check++ {
		sum := 0
		for j := range check {
			sum += d[j] * (check + 1 - j)
		}
		if sum*10%11%10 != d[check] {
			return false
		}
	}
	return !same && p.add("br-cpf", i, i+14)
}

// phone looks at + and a country, or at an area code in brackets.
func (p *people) phone(i int) {
	t := p.text
	if i > 0 && (is(t[i-1], alnumClass) && !(i >= 2 && t[i-2] == '\\') || strings.IndexByte("+=/_.-)]}", t[i-1]) >= 0 && !(t[i-1] == '=' && i >= 2 && t[i-2] != '=')) {
		return
	}
	if t[i] == '(' {
		if p.group(i+1, 3) && i+4 < len(t) && t[i+4] == ')' {
			p.american(i, i+1)
		}
		return
	}
	if i+2 >= len(t) || t[i+1] < '1' || t[i+1] > '9' {
		return
	}
	n, groups, end := 0, 1, i+1
	var second byte
	dots := true
	for j := i + 1; j < len(t) && n < 17; j++ {
		if is(t[j], digitClass) {
			if n++; n == 2 {
				second = t[j]
			}
			end = j + 1
			continue
		}
		skip := 0
		for skip < 3 && j+skip < len(t) && strings.IndexByte(" -./()", t[j+skip]) >= 0 {
			skip++
		}
		if skip == 0 || j+skip >= len(t) || !is(t[j+skip], digitClass) {
			break
		}
		groups++
		dots = dots && t[j] == '.'
		j += skip - 1
	}
	if n < 8 || n > 15 || groups == 1 && n < 10 || groups == 2 && dots || groups > 7 || !p.ends(end) || !country(t[i+1], second) {
		return
	}
	p.add("phone", i, end)
}

// country tells the first two digits of calling codes from those that are none.
func country(a, b byte) bool {
	switch a {
	case '1':
		return b >= '2' // an area code
	case '2':
		return b != '8'
	case '8':
		return b <= '2' || b >= '5' && b != '9'
	}
	return true
}

// american looks at area code, office and line of a North American number.
func (p *people) american(start, i int) bool {
	t := p.text
	bracket := start != i
	next := i + 4
	if bracket {
		for next = i + 4; next < len(t) && next < i+6 && (t[next] == ' ' || t[next] == '-'); {
			next++
		}
	}
	if !p.group(i, 3) || !p.group(next, 3) || !p.group(next+4, 4) || t[i] < '2' || t[next] < '2' || !p.ends(next+8) {
		return false
	}
	sep := t[next+3]
	if sep != '-' && sep != '.' && sep != ' ' || !bracket && t[i+3] != sep || !bracket && sep == ' ' {
		return false
	}
	if t[i+1] == '9' || t[i+1] == '1' && t[i+2] == '1' {
		return false // no area code is like that
	}
	return p.add("phone", start, next+8)
}

// ibanLengths has the length for each country.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18" +
	"GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18" +
	"NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20"

// iban looks at the check digits, behind the two letters of the country.
func (p *people) iban(i int) bool {
	t := p.text
	if i < 2 || i+2 > len(t) || t[i-1] < 'A' || t[i-1] > 'Z' || t[i-2] < 'A' || t[i-2] > 'Z' || !is(t[i+min(1, len(t)-i-1)], digitClass) {
		return false
	}
	from, want := i-2, 0
	if from > 0 && is(t[from-1], alnumClass) && !(from >= 2 && t[from-2] == '\\') {
		return false
	}
	for j := 0; j < len(ibanLengths); j += 4 {
		if ibanLengths[j:j+2] == t[from:i] {
			want = int(ibanLengths[j+2]-'0')*10 + int(ibanLengths[j+3]-'0')
		}
	}
	if want == 0 {
		return false
	}
	var chars [34]byte
	n, j := 0, from
	for ; j < len(t) && n < want; j++ {
		switch c := t[j]; {
		case is(c, upperClass):
			chars[n] = c
			n++
		case (c == ' ' || c == '-') && n%4 == 0 && n > 0:
		default:
			return false
		}
	}
	if n < want || !p.ends(j) {
		return false
	}
	sum := 0
	for k := range n {
		c := chars[(k+4)%n]
		if c <= '9' {
			sum = (sum*10 + int(c-'0')) % 97
		} else {
			sum = (sum*100 + int(c-'A') + 10) % 97
		}
	}
	return sum == 1 && p.add("iban", from, j)
}

// fiscal looks at the year of an Italian codice fiscale, behind six letters.
func (p *people) fiscal(i int) bool {
	t := p.text
	from := i - 6
	if from < 0 || from+16 > len(t) || from > 0 && is(t[from-1], alnumClass) || !p.ends(from+16) {
		return false
	}
	code := t[from : from+16]
	for k, kind := range []byte("AAAAAA99A99A999A") {
		if digit := is(code[k], digitClass); digit != (kind == '9') || !is(code[k], upperClass) {
			return false
		}
	}
	if strings.IndexByte("ABCDEHLMPRST", code[8]) < 0 {
		return false
	}
	odd := [...]int{1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23}
	sum := 0
	for k, c := range []byte(code[:15]) {
		v := int(c - '0')
		if c >= 'A' {
			v = int(c - 'A')
		}
		if k%2 == 0 {
			v = odd[v]
		}
		sum += v
	}
	return code[15] == byte('A'+sum%26) && p.add("it-fiscal-code", from, from+16)
}
