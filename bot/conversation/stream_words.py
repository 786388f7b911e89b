"""The bot's own sentences about several mails side by side, in both languages."""

from checks import Text

STREAMS = Text(en="Streams: {domain}", ja="送信経路の比較: {domain}")
SUMMARY = Text(
    en="Streams of {domain}: {n}, of which {failing} fail DMARC",
    ja="{domain} の送信経路: {n}件、DMARC不合格{failing}件",
)
CLIENT, IDENTIFIERS = (
    Text(en="Sent through", ja="送信元"),
    Text(en="From, Return-Path and d=", ja="From・Return-Path・d="),
)
TO_DO = Text(en="What to do", ja="対応")

# One row ----------------------------------------------------------------------------------------------------------

THROUGH = Text(en="{client} ({ip})", ja="{client}({ip})")
SEVERAL = Text(en="{client}, {n} mails", ja="{client}、{n}通")
BY_FROM = Text(en="From {domain}: DMARC {result}", ja="From {domain}: DMARC {result}")
BY_RETURN_PATH = Text(en="Return-Path {domain}: SPF {result}", ja="Return-Path {domain}: SPF {result}")
BY_SIGNATURE = Text(en="d={domain}: DKIM {result}", ja="d={domain}: DKIM {result}")
BY_SIGNATURES = Text(en="d={domain}: DKIM {result} (1 of {n})", ja="d={domain}: DKIM {result}({n}件中1件)")
UNSIGNED = Text(en="no d=: not signed with DKIM", ja="d=なし: DKIM署名なし")
NO_RECORD = Text(en="no record", ja="レコードなし")
ALIGNED = Text(en="{result}, aligned", ja="{result}、アライメントあり")
NOT_ALIGNED = Text(en="{result}, not aligned", ja="{result}、アライメントなし")
ALIGNMENT_UNKNOWN = Text(en="{result}, alignment could not be told", ja="{result}、アライメント確認できず")
NOT_TOLD = Text(en="? could not tell", ja="? 確認できず")
FINE = Text(en="fine", ja="問題なし")
DO_NOT_TOLD = Text(en="could not tell", ja="確認できず")
IF_YOURS = Text(en="if yours: {rules}", ja="自社のメールなら {rules}")

# What differs -----------------------------------------------------------------------------------------------------

NAMED = Text(en="`{name}`", ja="`{name}`")
NAMED_APART = Text(en="`{name}` (Return-Path `{domain}`)", ja="`{name}`(Return-Path `{domain}`)")
FAILS = Text(en="Mail through {client} fails DMARC: {why}.", ja="{client} 経由のメールはDMARCに不合格です({why})。")
BECAUSE_BOTH = Text(
    en="its Return-Path and d= are of `{other}`, not of `{domain}`",
    ja="Return-Pathとd=が `{domain}` ではなく `{other}` のもの",
)
BECAUSE_OF_TWO = Text(en="{spf}, and {dkim}", ja="{spf}、{dkim}")
SPF_OF_OTHER = Text(
    en="its Return-Path is of `{other}`, not of `{domain}`", ja="Return-Pathが `{domain}` ではなく `{other}` のもの"
)
SPF_DOES_NOT_PASS = Text(en="SPF of `{other}` does not pass", ja="`{other}` のSPFが合格していない")
SPF_NOT_TOLD = Text(en="SPF could not be told", ja="SPFは確認できず")
DKIM_OF_OTHER = Text(en="its d= is `{other}`", ja="d=が `{other}`")
DKIM_DOES_NOT_PASS = Text(en="its signature with d=`{other}` does not pass", ja="d=`{other}` の署名が合格していない")
DKIM_NOT_TOLD = Text(en="its signature could not be verified", ja="DKIM署名は確認できず")
DKIM_MISSING = Text(en="it has no DKIM signature", ja="DKIM署名がない")
MORE_FAIL = Text(en="DMARC also fails for: {clients}.", ja="DMARCはほかに次の経路でも不合格です: {clients}。")
THE_OTHER_PASSES = Text(en="The other passes.", ja="もう1件の経路は合格です。")
THE_OTHERS_PASS = Text(en="The others pass.", ja="ほかの経路は合格です。")
ALL_PASS = Text(en="DMARC passes for every stream.", ja="どの経路もDMARCに合格しています。")
PASSES = Text(en="DMARC passes: {clients}.", ja="DMARC合格: {clients}。")
COULD_NOT_TELL = Text(en="DMARC could not be told: {clients}.", ja="DMARCを確認できなかった経路: {clients}。")
WITHOUT_RECORD = Text(
    en="No DMARC record applies, so DMARC protects none of it: {clients}.",
    ja="DMARCレコードがないため、DMARCで保護されていない経路: {clients}。",
)
BY_SPF_ALONE = Text(
    en="By SPF alone, which forwarding breaks: {clients}.",
    ja="SPFだけで合格している経路(転送されると不合格): {clients}。",
)
BY_DKIM_ALONE = Text(en="By DKIM alone: {clients}.", ja="DKIMだけで合格している経路: {clients}。")

# Small print ------------------------------------------------------------------------------------------------------

NEWEST = Text(
    en="The table shows the newest mail of each stream. Earlier ones had another DMARC result: {clients}.",
    ja="表は各経路の最新のメールの結果です。以前のメールとDMARCの結果が異なる経路: {clients}。",
)
NOT_SHOWN = Text(en="More streams that are not shown: {n}.", ja="ほかに表示していない経路: {n}件。")
NOT_COMPARED = Text(
    en="Not compared: {n} (bounced, forwarded, of other domains, not yours, or not analysed).",
    ja="比較の対象外: {n}通(エラー通知、転送、別ドメイン、自社以外、解析できなかったメール)。",
)
NONE_LEFT = Text(en="No mail of {domain} is left to compare.", ja="比較できる {domain} のメールがありません。")
