package scan

import (
	"slices"
	"strings"
)

// Kind is a sort of credential or of personal data.
type Kind struct {
	Name     string // "github-token"
	Doc      string // one line for the manual
	Personal bool   // found by Personal, otherwise by Secrets
}

// Kinds lists what Secrets and Personal find, sorted by name.
func Kinds() []Kind {
	all := slices.Clone(kinds)
	slices.SortFunc(all, func(a, b Kind) int { return strings.Compare(a.Name, b.Name) })
	return all
}

var kinds = []Kind{
	{"age-secret-key", "AGE-SECRET-KEY-1…, the identity that opens age files", false},
	{"airtable-token", "pat….…, Airtable personal access tokens", false},
	{"anthropic-key", "sk-ant-…, Anthropic API, admin and OAuth keys", false},
	{"artifactory-token", "AKCp… and cmVmd…, JFrog API keys and reference tokens", false},
	{"assignment", "the value of a key that is named like a secret: password, token, api_key, client secret", false},
	{"atlassian-token", "ATATT3…, ATCTT3… and ATBB…, tokens of Atlassian and Bitbucket", false},
	{"aws-key", "AKIA…, ASIA…, ABSK… and secret access keys by their name", false},
	{"azure-secret", "…Q~…, client secrets of Entra ID, and signatures of shared access URLs", false},
	{"bearer", "the value of an Authorization header or behind the word Bearer", false},
	{"buildkite-token", "bkua_…, bkct_… and the like, Buildkite tokens", false},
	{"contentful-token", "CFPAT-…, Contentful tokens", false},
	{"databricks-token", "dapi…, Databricks tokens", false},
	{"digitalocean-token", "dop_v1_…, doo_v1_… and dor_v1_…", false},
	{"discord-token", "tokens of Discord bots by the name of their key, and the secret part of webhooks", false},
	{"docker-token", "dckr_pat_… and dckr_oat_…, Docker access tokens", false},
	{"doppler-token", "dp.pt.…, dp.st.… and the like", false},
	{"dynatrace-token", "dt0c01.… and the like, Dynatrace tokens", false},
	{"figma-token", "figd_… and figo_…", false},
	{"fly-token", "fm1_…, fm2_… and fo1_…, Fly.io tokens", false},
	{"gcp-key", "AIza…, Google API keys", false},
	{"github-token", "ghp_…, gho_…, ghu_…, ghs_…, ghr_… and github_pat_…", false},
	{"gitlab-token", "glpat-…, glrt-…, gldt-… and the like", false},
	{"google-oauth", "ya29.… access tokens, 1//0… refresh tokens, GOCSPX-… client secrets", false},
	{"grafana-token", "glsa_… and glc_…", false},
	{"heroku-key", "HRKU-… and keys of Heroku by their name", false},
	{"huggingface-token", "hf_… and api_org_…", false},
	{"jwt", "JSON web tokens, signed or encrypted", false},
	{"linear-key", "lin_api_… and lin_oauth_…", false},
	{"mailgun-key", "key-… and keys of Mailgun by their name", false},
	{"netrc", "passwords in lines of a netrc file", false},
	{"newrelic-key", "NRAK-…, New Relic user keys", false},
	{"notion-token", "ntn_… and secret_…, Notion integrations", false},
	{"npm-token", "npm_…", false},
	{"openai-key", "sk-…, sk-proj-…, sk-svcacct-…, sk-admin-…, and keys of services of the same shape", false},
	{"ai-key", "gsk_…, xai-…, pplx-…, r8_…, tvly-…, pcsk_…, lsv2_…, keys of other AI services", false},
	{"onepassword-token", "ops_eyJ…, 1Password service accounts", false},
	{"pgpass", "passwords in lines of a PostgreSQL password file", false},
	{"planetscale-token", "pscale_tkn_…, pscale_pw_… and pscale_oauth_…", false},
	{"postman-key", "PMAK-…", false},
	{"private-key", "PEM, OpenSSH, PGP and PuTTY private keys, the whole block", false},
	{"pulumi-token", "pul-…", false},
	{"pypi-token", "pypi-…", false},
	{"rubygems-key", "rubygems_…", false},
	{"sendgrid-key", "SG.….…", false},
	{"sentry-token", "sntrys_… and sntryu_…", false},
	{"shopify-token", "shpat_…, shpca_…, shppa_… and shpss_…", false},
	{"slack-token", "xoxb-…, xoxp-…, xapp-… and the like", false},
	{"slack-webhook", "the secret part of hooks.slack.com/services/…", false},
	{"square-token", "sq0atp-… and sq0csp-…", false},
	{"stripe-key", "sk_live_…, rk_live_…, sk_test_…, rk_test_… and whsec_…", false},
	{"supabase-key", "sbp_… and sb_secret_…", false},
	{"tailscale-key", "tskey-…", false},
	{"telegram-token", "1234567:AA…, tokens of Telegram bots", false},
	{"terraform-token", "….atlasv1.…, HCP Terraform tokens", false},
	{"twilio-key", "SK…, Twilio API keys", false},
	{"url-password", "the password in scheme://user:password@host", false},
	{"vault-token", "hvs.…, hvb.… and hvr.…, HashiCorp Vault", false},

	{"br-cpf", "Brazilian CPF numbers with separators, checked", true},
	{"card", "numbers of payment cards: known prefix, length, Luhn digit", true},
	{"email", "e-mail addresses", true},
	{"iban", "international bank account numbers: length of the country, check digits", true},
	{"it-fiscal-code", "Italian codice fiscale, checked", true},
	{"phone", "phone numbers in international form and North American ones with separators", true},
	{"us-ssn", "US social security numbers with separators", true},
}
