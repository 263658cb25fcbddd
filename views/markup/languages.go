package markup

import "strings"

// languages are those whose code gets colours, by the names that people write
// behind the ``` of a fence.
var languages = readLanguages()

var (
	slashes  = []string{"//"}
	hash     = []string{"#"}
	dashes   = []string{"--"}
	starred  = [][2]string{{"/*", "*/"}}
	triple   = [][2]string{{`"""`, `"""`}, {`'''`, `'''`}}
	backtick = [][2]string{{"`", "`"}}
)

const (
	cKeys = "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
		"restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool #include #define #ifdef #ifndef #if #else #endif #pragma"
	javaLike = "abstract boolean break byte case catch char class const continue default do double else enum extends final finally float " +
		"for if implements import instanceof int interface long new package private protected public return short static super switch " +
		"this throw throws try void while"
	scriptKeys = "async await break case catch class const continue debugger default delete do else export extends finally for from function " +
		"get if import in instanceof let new of return set static super switch this throw try typeof var void while with yield"
	truths = "true false null nil None True False undefined"
)

func readLanguages() map[string]*grammar {
	all := make(map[string]*grammar)
	add := func(names, keys, known string, g grammar) {
		g.keys, g.known = setOf(keys), setOf(known+" "+truths)
		for name := range strings.FieldsSeq(names) {
			all[name] = &g
		}
	}
	add("go golang", "break case chan const continue default defer else fallthrough for func go goto if import interface map package range "+
		"return select struct switch type var",
		"any append bool byte cap clear close comparable complex copy delete error float32 float64 int int16 int32 int64 int8 len make max min "+
			"new panic print println recover rune string uint uint16 uint32 uint64 uint8 uintptr iota",
		grammar{notes: slashes, spans: starred, texts: backtick, quotes: `"'`})
	add("c h", cKeys, "size_t NULL printf malloc free uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t FILE",
		grammar{notes: slashes, spans: starred, quotes: `"'`, in: "#"})
	add("c++ cpp cxx hpp", cKeys+" alignas alignof asm catch class concept consteval constexpr constinit co_await co_return co_yield decltype "+
		"delete explicit export final friend mutable namespace new noexcept operator override private protected public requires static_cast "+
		"dynamic_cast template this throw try typename using virtual",
		"std string vector map size_t nullptr cout cin endl unique_ptr shared_ptr",
		grammar{notes: slashes, spans: starred, quotes: `"'`, in: "#"})
	add("c# cs csharp", javaLike+" as async await base checked decimal delegate event explicit fixed foreach get implicit in init internal is lock "+
		"namespace object operator out override params readonly record ref sealed set sizeof stackalloc string struct typeof uint ulong using var virtual where yield",
		"Console List Dictionary Task", grammar{notes: slashes, spans: starred, quotes: `"'`})
	add("java", javaLike+" assert native permits record sealed strictfp synchronized transient var volatile yield",
		"String Object Integer List Map System Override", grammar{notes: slashes, spans: starred, texts: triple[:1], quotes: `"'`})
	add("javascript js jsx mjs node", scriptKeys, "console document window Array Object Promise Math JSON Map Set require module NaN",
		grammar{notes: slashes, spans: starred, texts: backtick, quotes: `"'`, in: "$"})
	add("typescript ts tsx", scriptKeys+" abstract as declare enum implements interface is keyof namespace private protected public readonly satisfies type",
		"any boolean never number object string symbol unknown console Array Promise Record Partial Map Set",
		grammar{notes: slashes, spans: starred, texts: backtick, quotes: `"'`, in: "$"})
	add("python py python3", "and as assert async await break case class continue def del elif else except finally for from global if import in is "+
		"lambda match nonlocal not or pass raise return try while with yield",
		"self cls print len range str int float list dict set tuple bool open super isinstance enumerate zip map filter sorted sum min max any all",
		grammar{notes: hash, texts: triple, quotes: `"'`, in: "@"})
	add("ruby rb", "alias and begin break case class def defined? do else elsif end ensure for if in module next not or redo rescue retry return self "+
		"super then undef unless until when while yield", "puts print require require_relative attr_accessor attr_reader include extend raise new",
		grammar{notes: hash, quotes: "\"'`", in: "@?!"})
	add("rust rs", "as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub ref return self Self "+
		"static struct super trait type unsafe use where while",
		"i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char str String Vec Option Some Result Ok Err Box println! format! vec! panic!",
		grammar{notes: slashes, spans: starred, quotes: `"`, in: "!"})
	add("php", javaLike+" and array as clone declare echo elseif empty endforeach endif endwhile exit fn foreach function global include isset list match "+
		"namespace or print readonly require require_once trait unset use var yield <?php", "self parent string bool mixed",
		grammar{notes: []string{"//", "#"}, spans: starred, quotes: `"'`, dollars: true, in: "<?"})
	add("kotlin kt", "as break by class companion const constructor continue crossinline data do else enum external final finally for fun get if import in "+
		"infix init inline inner interface internal is lateinit object open operator out override package private protected public return sealed set "+
		"super suspend this throw try typealias val var vararg when where while", "String Int Long Boolean List Map Unit Any println listOf mapOf",
		grammar{notes: slashes, spans: starred, texts: triple[:1], quotes: `"'`})
	add("swift", "as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough fileprivate for func "+
		"guard if import in init inout internal is let mutating open operator private protocol public repeat rethrows return self Self static struct "+
		"subscript super switch throw throws try typealias var where while", "String Int Double Bool Array Dictionary Optional print",
		grammar{notes: slashes, spans: starred, texts: triple[:1], quotes: `"`})
	add("scala", "abstract case catch class def do else enum extends final finally for given if implicit import lazy match new object override package "+
		"private protected return sealed super then this throw trait try type using val var while with yield", "String Int Long Boolean List Map Option Some Seq println",
		grammar{notes: slashes, spans: starred, texts: triple[:1], quotes: `"`})
	add("dart", javaLike+" as assert async await covariant deferred dynamic export extension external factory get hide is late library mixin on operator "+
		"part required set show sync typedef var yield", "String List Map Future Stream print bool num",
		grammar{notes: slashes, spans: starred, texts: triple, quotes: `"'`})
	add("zig", "align allowzero and anyframe anytype asm async await break catch comptime const continue defer else enum errdefer error export extern fn for if "+
		"inline noalias opaque or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while",
		"u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64 bool void type @import", grammar{notes: slashes, quotes: `"'`, in: "@"})
	add("bash sh shell zsh console", "case do done elif else esac fi for function if in local return select then until while export readonly set unset source",
		"echo cd ls cat grep sed awk find sudo apt git docker curl mkdir rm cp mv chmod exit printf read test",
		grammar{notes: hash, quotes: "\"'`", dollars: true, in: "-"})
	add("powershell ps1 pwsh", "begin break catch class continue data do dynamicparam else elseif end enum exit filter finally for foreach from function if in param "+
		"process return switch throw trap try until using while", "", grammar{notes: hash, spans: [][2]string{{"<#", "#>"}}, quotes: `"'`, dollars: true, in: "-", anyCase: true})
	add("perl pl", "my our local sub use no package if elsif else unless while until for foreach last next redo return require BEGIN END and or not eq ne lt gt",
		"print printf push pop shift unshift split join map grep sort keys values die open close", grammar{notes: hash, quotes: `"'`, dollars: true})
	add("lua", "and break do else elseif end for function goto if in local not or repeat return then until while", "print pairs ipairs require self table string math",
		grammar{notes: dashes, spans: [][2]string{{"--[[", "]]"}}, texts: [][2]string{{"[[", "]]"}}, quotes: `"'`})
	add("haskell hs", "case class data default deriving do else family forall foreign if import in infix infixl infixr instance let module newtype of then type where",
		"Int Integer String Bool Maybe Just Nothing IO Either Left Right map filter foldr show return", grammar{notes: dashes, spans: [][2]string{{"{-", "-}"}}, quotes: `"`, in: "'"})
	add("elixir ex exs", "after alias and case catch cond def defmodule defmacro defp defstruct do else end fn for if import in not or quote raise receive require rescue "+
		"try unless unquote use when with", "IO Enum String Map List puts self", grammar{notes: hash, texts: triple[:1], quotes: `"'`, in: "@?!"})
	add("r", "break else for function if in next repeat return while", "c library print paste data.frame list TRUE FALSE NULL NA", grammar{notes: hash, quotes: "\"'`", in: "."})
	add("nix", "assert else if import in inherit let or rec then with", "builtins lib pkgs", grammar{notes: hash, spans: starred, texts: [][2]string{{"''", "''"}}, quotes: `"`, in: "-'"})
	add("sql postgres postgresql mysql sqlite plpgsql", "add all alter and as asc begin between by cascade case check column commit constraint create cross database default "+
		"delete desc distinct drop else end except exists explain foreign from full group having if in index inner insert intersect into is join key "+
		"left like limit not null offset on or order outer over partition primary references returning right rollback select set table then transaction "+
		"trigger truncate union unique update using values view when where with", "bigint blob boolean char count date int integer max min avg sum numeric real text timestamp varchar coalesce now",
		grammar{notes: dashes, spans: starred, quotes: `"'`, anyCase: true})
	add("json json5 jsonc", "", "", grammar{notes: slashes, spans: starred, quotes: `"`, label: ':'})
	add("yaml yml", "", "yes no on off", grammar{notes: hash, quotes: `"'`, label: ':', in: "-./"})
	add("toml", "", "", grammar{notes: hash, texts: triple, quotes: `"'`, label: '=', in: "-."})
	add("ini conf cfg properties systemd", "", "yes no on off", grammar{notes: []string{"#", ";"}, quotes: `"`, label: '=', in: "-."})
	add("hcl terraform tf", "resource data variable output module provider locals for in if dynamic", "string number bool list map",
		grammar{notes: []string{"#", "//"}, spans: starred, quotes: `"`, label: '=', in: "-"})
	add("graphql gql", "directive enum extend fragment implements input interface mutation on query scalar schema subscription type union", "ID Int Float String Boolean",
		grammar{notes: hash, texts: triple[:1], quotes: `"`, dollars: true, label: ':'})
	add("protobuf proto", "enum extend extensions import message oneof option optional package public repeated required reserved returns rpc service stream syntax to",
		"bool bytes double fixed32 fixed64 float int32 int64 map sint32 sint64 string uint32 uint64", grammar{notes: slashes, spans: starred, quotes: `"'`})
	add("nginx", "server location upstream http events if map geo types", "", grammar{notes: hash, quotes: `"'`, dollars: true})
	add("docker dockerfile", "from run cmd label expose env add copy entrypoint volume user workdir arg onbuild stopsignal healthcheck shell as",
		"", grammar{notes: hash, quotes: `"'`, dollars: true, anyCase: true})
	add("makefile make mk", "define else endef endif export ifdef ifeq ifndef ifneq include override unexport .PHONY", "", grammar{notes: hash, quotes: `"'`, label: ':', in: "-./"})
	add("css scss less", "@media @import @layer @supports @keyframes @container @font-face @mixin @include @use @extend !important", "var calc min max clamp rgb hsl oklch url",
		grammar{spans: starred, quotes: `"'`, label: ':', in: "-@!"})
	add("html xml svg templ vue xhtml", "", "", grammar{spans: [][2]string{{"<!--", "-->"}}, quotes: `"'`, isTags: true, in: "-"})
	add("diff patch", "", "", grammar{isDiff: true})
	return all
}

func setOf(of string) map[string]bool {
	all := make(map[string]bool)
	for word := range strings.FieldsSeq(of) {
		all[word] = true
	}
	return all
}
